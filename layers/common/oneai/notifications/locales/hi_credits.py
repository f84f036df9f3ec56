"""The mails about credits in Hindi, with the same functions as `en_credits.py`."""

from typing import assert_never

from oneai.notifications import formatting
from oneai.notifications.credit_payloads import (
    CreditDispute,
    CreditReceipt,
    CreditRecharge,
    CreditsEnding,
    CreditsLow,
)
from oneai.notifications.email import EmailContent
from oneai.notifications.locales.hi_plans import to

LANGUAGE = "hi"

type CreditMail = CreditReceipt | CreditRecharge | CreditsLow | CreditsEnding | CreditDispute


def write(about: CreditMail, name: str, site: str, url: str) -> EmailContent:
    """The mail about credits."""
    match about:
        case CreditReceipt():
            return receipt(about, name, site, url)
        case CreditRecharge():
            return recharge(about, name, url)
        case CreditsLow():
            return low(about, name, url)
        case CreditsEnding():
            return ending(about, name, url)
        case CreditDispute():
            return dispute(about, name, url)
        case _:
            assert_never(about)


def receipt(about: CreditReceipt, name: str, site: str, url: str) -> EmailContent:
    """A receipt."""
    amount, bought = formatting.money(about.amount, about.currency), formatting.dollars(about.credit_micro_usd)
    day = formatting.day(LANGUAGE, about.expires_at)
    how = "आपके ऑटो-रिचार्ज ने" if about.automatic else "आपने"
    bonus = f" और बोनस में {formatting.dollars(about.bonus_micro_usd)}" if about.bonus_micro_usd else ""
    details = [
        ("क्रेडिट", bought),
        ("भुगतान", amount),
        ("भुगतान का दिन", formatting.day(LANGUAGE, about.paid_at)),
        ("भुगतान संख्या", about.payment_id),
    ]
    if about.invoice_number:
        details.append(("इनवॉइस", about.invoice_number))
    return EmailContent(
        language=LANGUAGE,
        subject=f"रसीद: {site} से {bought} के क्रेडिट",
        heading="आपके क्रेडिट तैयार हैं",
        paragraphs=(
            f"{to(name)}{how} {bought} के क्रेडिट खरीदे हैं{bonus}।",
            f"इन्हें {day} तक इस्तेमाल किया जा सकता है।",
        ),
        details=tuple(details),
        action=("अपने क्रेडिट देखें", f"{url}/credits"),
    )


def recharge(about: CreditRecharge, name: str, url: str) -> EmailContent:
    """An automatic recharge needs its holder."""
    amount = formatting.money(about.amount, about.currency)
    match about.event:
        case "confirm":
            subject, heading = f"{amount} के रिचार्ज की पुष्टि करें", "आपके क्रेडिट कम हैं"
            sentence = f"{amount} का ऑटो-रिचार्ज आपकी पुष्टि का इंतज़ार कर रहा है।"
            rule = " भारत में ₹15,000 से ऊपर यही नियम है।" if about.currency == "INR" else ""
            more = (
                f"आपका बैंक इस भुगतान की पुष्टि चाहता है।{rule} "
                f"{formatting.day(LANGUAGE, about.at)} तक अपने क्रेडिट की सेटिंग में भुगतान करें।"
            )
        case "refused":
            subject, heading = "आपका ऑटो-रिचार्ज नहीं हो सका", "क्रेडिट नहीं खरीदे गए"
            sentence = f"आपके बैंक ने {amount} का भुगतान मना कर दिया।"
            more = "हम कम से कम एक घंटे बाद फिर कोशिश करेंगे। लगातार तीन बार मना होने पर हम रुक जाते हैं।"
        case "stopped":
            subject, heading = "आपका ऑटो-रिचार्ज बंद है", "क्रेडिट नहीं खरीदे गए"
            sentence = f"आपके बैंक ने {amount} का भुगतान तीसरी बार मना किया, इसलिए ऑटो-रिचार्ज बंद है।"
            more = "आप खुद क्रेडिट खरीद सकते हैं, या दूसरे कार्ड के साथ इसे फिर चालू कर सकते हैं।"
        case "ended":
            subject, heading = "आपका ऑटो-रिचार्ज बंद है", "क्रेडिट नहीं खरीदे गए"
            sentence = f"{amount} का भुगतान नहीं हो सका, क्योंकि आपका कार्ड या उसकी अनुमति हटा दी गई थी।"
            more = "आप खुद क्रेडिट खरीद सकते हैं, या दूसरे कार्ड के साथ ऑटो-रिचार्ज फिर चालू कर सकते हैं।"
    return EmailContent(
        language=LANGUAGE,
        subject=subject,
        heading=heading,
        paragraphs=(f"{to(name)}{sentence}", more),
        action=("अपने क्रेडिट देखें", f"{url}/credits?tab=settings&workspace={about.workspace_id}"),
    )


def low(about: CreditsLow, name: str, url: str) -> EmailContent:
    """Credits are partly or completely used up."""
    left = formatting.dollars(about.left_micro_usd)
    of = f"टीम “{formatting.quotation(about.team)}” के" if about.team else "आपके"
    subject = {50: "आपके आधे क्रेडिट बचे हैं", 20: "आपके क्रेडिट का पाँचवाँ हिस्सा बचा है"}.get(
        about.left_percent, "आपके क्रेडिट खत्म हो गए हैं"
    )
    sentence = f"{of} {left} के क्रेडिट बचे हैं।" if about.left_percent else f"{of} क्रेडिट खत्म हो गए हैं।"
    more = "इनके खत्म होने पर जवाबों का भुगतान केवल आपका प्लान करेगा। आप कभी भी और खरीद सकते हैं।"
    if not about.left_percent:
        more = "अब जवाबों का भुगतान केवल आपका प्लान करता है। जिन चैटबॉट का भुगतान केवल क्रेडिट करते हैं, वे और खरीदने तक जवाब नहीं देते।"
    return EmailContent(
        language=LANGUAGE,
        subject=subject,
        heading=subject,
        paragraphs=(f"{to(name)}{sentence}", more),
        action=("क्रेडिट खरीदें", f"{url}/credits"),
    )


def ending(about: CreditsEnding, name: str, url: str) -> EmailContent:
    """Bought credits end."""
    left, day = formatting.dollars(about.left_micro_usd), formatting.day(LANGUAGE, about.ends_at)
    of = f"टीम “{formatting.quotation(about.team)}” के" if about.team else "आपके"
    return EmailContent(
        language=LANGUAGE,
        subject=f"{left} के क्रेडिट {day} को खत्म होंगे",
        heading="क्रेडिट जल्द खत्म होंगे",
        paragraphs=(
            f"{to(name)}{of} {left} के क्रेडिट {day} को खत्म होंगे।",
            "ये एक साल पहले खरीदे गए थे और उस दिन के बाद नहीं रहेंगे। जो क्रेडिट सबसे पहले खत्म होते हैं, वही पहले इस्तेमाल होते हैं।",
        ),
        action=("अपने क्रेडिट देखें", f"{url}/credits"),
    )


def dispute(about: CreditDispute, name: str, url: str) -> EmailContent:
    """A dispute of a payment of credits."""
    amount = formatting.money(about.amount, about.currency)
    match about.event:
        case "opened":
            subject = "आपके क्रेडिट रोक दिए गए हैं"
            sentence = f"आपका बैंक आपका {amount} का भुगतान वापस माँग रहा है।"
            more = "बैंक के फ़ैसले तक इस भुगतान के क्रेडिट इस्तेमाल नहीं हो सकते। उनकी आखिरी तारीख उतने ही समय से आगे बढ़ती है।"
        case "won":
            subject = "आपके क्रेडिट फिर इस्तेमाल हो सकते हैं"
            sentence = f"आपके बैंक ने {amount} का भुगतान हमारे पास रहने दिया।"
            more = "इस भुगतान के क्रेडिट फिर इस्तेमाल हो सकते हैं। उनकी आखिरी तारीख उतने समय से आगे बढ़ी है, जितने समय वे रुके थे।"
        case "lost":
            subject, sentence = "आपके क्रेडिट वापस ले लिए गए", f"आपके बैंक ने {amount} का भुगतान वापस ले लिया।"
            more = "इस भुगतान के क्रेडिट खत्म हो गए हैं, और नए नहीं खरीदे जा सकते। कृपया हमसे संपर्क करें।"
            if about.owed_micro_usd:
                more = f"आप इनमें से {formatting.dollars(about.owed_micro_usd)} इस्तेमाल कर चुके थे, जो बकाया है। {more}"
    return EmailContent(
        language=LANGUAGE,
        subject=subject,
        heading=subject,
        paragraphs=(f"{to(name)}{sentence}", more),
        details=(("राशि", amount), ("भुगतान संख्या", about.payment_id)),
        action=("अपने क्रेडिट देखें", f"{url}/credits"),
    )
