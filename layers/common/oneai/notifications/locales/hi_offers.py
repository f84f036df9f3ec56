"""The mail about an offer in Hindi, with the same functions as `en_offers.py`."""

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent
from oneai.notifications.payloads import Offer

LANGUAGE = "hi"


def write(about: Offer, name: str, site: str, url: str) -> EmailContent:
    """An offer, with its link, or with the account for a bank transfer."""
    plan, amount = about.plan.capitalize(), formatting.money(about.amount, about.currency)
    day = formatting.day(LANGUAGE, about.valid_until)
    team = "" if about.workspace is None else f"टीम {formatting.quotation(about.workspace)} को "
    months = f"{about.months} महीने"
    greeting = f"{name} जी, " if name and about.to == "owner" else ""
    offered = f"{site} {team}{plan} प्लान {months} के लिए कुल {amount} में देने का प्रस्ताव करता है।"
    paying = f"{day} तक नीचे के बटन से इसे स्वीकार करके भुगतान करें। इसके लिए वर्कस्पेस के मालिक को साइन इन करना होगा।"
    if about.account is not None:
        paying = f"{day} तक यह राशि नीचे दिए खाते में भेजें, और ट्रांसफ़र में संदर्भ लिखें।"
    return EmailContent(
        language=LANGUAGE,
        subject=f"{site} {plan} का प्रस्ताव",
        heading="आपके लिए एक प्रस्ताव",
        paragraphs=(f"{greeting}{offered}", paying, "भुगतान के बाद इनवॉइस मिलेगा। टैक्स शामिल हैं।"),
        details=(
            ("प्लान", plan),
            *((("सीटें", formatting.count(LANGUAGE, about.seats)),) if about.seats is not None else ()),
            ("राशि", amount),
            ("मान्य", day),
            *_account(about),
        ),
        action=("प्रस्ताव देखें", f"{url}/checkout/offer/{about.offer}?workspace={about.workspace_id}"),
    )


def _account(about: Offer) -> tuple[tuple[str, str], ...]:
    if about.account is None:
        return ()
    return (
        ("खाताधारक", about.account["holder"]),
        ("बैंक", about.account["bank"]),
        ("खाता संख्या", about.account["account_number"]),
        ("IFSC" if about.currency == "INR" else "SWIFT/BIC", about.account["code"]),
        ("संदर्भ", about.reference),
    )
