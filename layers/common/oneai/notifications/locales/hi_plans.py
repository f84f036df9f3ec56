"""The mails about plans and refunds in Hindi, with the same functions as `en_plans.py`."""

from typing import assert_never

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent
from oneai.notifications.locales import hi_offers
from oneai.notifications.payloads import (
    Offer,
    PaymentRefund,
    PaymentReversed,
    PeriodEnding,
    SeatsEnding,
    SubscriptionUpdate,
    TrialEnding,
    TrialRefused,
)
from oneai.plans.limits_and_prices import NO_PLAN

LANGUAGE = "hi"


def write(
    about: PaymentRefund
    | PaymentReversed
    | PeriodEnding
    | SeatsEnding
    | SubscriptionUpdate
    | TrialEnding
    | TrialRefused
    | Offer,
    name: str,
    site: str,
    url: str,
) -> EmailContent:
    """The mail about a plan or a refund."""
    match about:
        case PaymentRefund():
            return payment_refund(about, name, site, url)
        case PaymentReversed():
            return payment_reversed(about, name, site, url)
        case PeriodEnding():
            return period_ending(about, name, site, url)
        case SubscriptionUpdate():
            return subscription_update(about, name, site, url)
        case SeatsEnding():
            return seats_ending(about, name, url)
        case Offer():
            return hi_offers.write(about, name, site, url)
        case TrialEnding():
            return trial_ending(about, name, site, url)
        case TrialRefused():
            return trial_refused(about, name, site, url)
        case _:
            assert_never(about)


def payment_refund(about: PaymentRefund, name: str, site: str, url: str) -> EmailContent:
    """A refund to the payer."""
    amount = formatting.money(about.amount, about.currency)
    why: tuple[str, ...] = (f"{to(name)}हमने {amount} लौटा दिए हैं। राशि उसी माध्यम में वापस जाएगी जिससे आपने भुगतान किया था।",)
    if about.refused == "other_country":
        why = (
            f"{to(name)}हमने आपका {amount} का भुगतान लौटा दिया है। यह आपके बिलिंग पते वाले देश से नहीं, किसी और देश "
            "से आया था, इसलिए इससे कुछ नहीं खरीदा गया।",
            "कीमत और टैक्स देश पर निर्भर हैं। फिर खरीदने के लिए अपने बिलिंग पते वाले देश से भुगतान करें, या पता गलत हो तो उसे "
            "बिलिंग पेज पर बदलें।",
        )
    return EmailContent(
        language=LANGUAGE,
        subject=f"रिफ़ंड: {site} से {amount}",
        heading="आपका रिफ़ंड भेज दिया गया है",
        paragraphs=(*why, "बैंक में दिखने में सात कार्यदिवस तक लग सकते हैं।"),
        details=(
            ("राशि", amount),
            ("रिफ़ंड का दिन", formatting.day(LANGUAGE, about.refunded_at)),
            ("क्रेडिट नोट", about.credit_note),
            ("भुगतान संख्या", about.payment_id),
        ),
        action=("अपने इनवॉइस देखें", f"{url}/settings/billing"),
    )


def payment_reversed(about: PaymentReversed, name: str, site: str, url: str) -> EmailContent:
    """A payment came back, so its subscription is cancelled."""
    amount, plan = formatting.money(about.amount, about.currency), about.plan.capitalize()
    why = f"आपके बैंक ने {plan} प्लान के {amount} वापस ले लिए हैं, इसलिए हमने सदस्यता रद्द कर दी है।"
    if about.by == "refund":
        why = f"हमने {plan} प्लान के पूरे {amount} लौटा दिए हैं और सदस्यता रद्द कर दी है।"
    now = "आपकी टीम का कोई प्लान नहीं है" if about.new_plan == NO_PLAN else "आपके पास मुफ़्त प्लान है"
    until = f"प्लान {formatting.day(LANGUAGE, about.reversed_at)} को समाप्त हो गया, और अब {now}।"
    if about.ends_at:
        until = f"प्लान {formatting.day(LANGUAGE, about.ends_at)} तक आपका है, क्योंकि उसका भुगतान अलग से हुआ है।"
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपकी {site} {plan} सदस्यता रद्द हो गई है",
        heading="आगे कुछ नहीं लिया जाएगा",
        paragraphs=(
            f"{to(name)}{why}",
            f"{until} आगे कुछ नहीं लिया जाएगा। आपकी चैट बनी रहेगी।",
            "प्लान फिर चाहिए, तो आप कभी भी सदस्यता ले सकते हैं।",
        ),
        details=(("राशि", amount), ("भुगतान संख्या", about.payment_id)),
        action=("अपना प्लान देखें", f"{url}/settings/billing"),
    )


def subscription_update(about: SubscriptionUpdate, name: str, site: str, url: str) -> EmailContent:
    """A plan will end, ended, was paused, resumed or changed."""
    plan, day = about.plan.capitalize(), formatting.day(LANGUAGE, about.at)
    new = (about.new_plan or "free").capitalize()
    on_new = "आपकी टीम का कोई प्लान नहीं है" if about.new_plan == NO_PLAN else f"आपके पास {new} प्लान है"
    match about.event:
        case "cancellation_scheduled":
            subject, sentence = f"आपका {site} {plan} {day} को समाप्त होगा", f"आपने {plan} प्लान रद्द कर दिया है।"
            more = f"यह {day} तक आपका है और फिर कुछ नहीं लिया जाएगा। आप प्लान की सेटिंग में अभी भी मन बदल सकते हैं।"
        case "cancelled_before_start":
            subject, sentence = f"आपका {site} {plan} शुरू नहीं होगा", f"आपने {plan} प्लान शुरू होने से पहले रद्द कर दिया है।"
            more = f"यह {day} को शुरू होता; कुछ नहीं लिया जाएगा। प्लान की सेटिंग में आप इसे वापस ले सकते हैं।"
        case "ended":
            subject, sentence = f"आपका {site} {plan} समाप्त हो गया", f"{plan} प्लान {day} को समाप्त हो गया।"
            more = f"अब {on_new}। आपकी चैट बनी रहेगी, और आप कभी भी फिर सदस्यता ले सकते हैं।"
        case "paused":
            subject, sentence = f"आपका {site} {plan} रुका हुआ है", f"{plan} प्लान {day} से रुका हुआ है।"
            more = f"इस बीच कुछ नहीं लिया जाएगा, और {on_new}। प्लान की सेटिंग में आप इसे फिर शुरू कर सकते हैं।"
        case "resumed":
            subject, sentence = f"आपका {site} {plan} फिर चालू है", f"{plan} प्लान {day} से फिर चालू है।"
            more = "भुगतान पहले की तरह होगा।"
        case "changed":
            subject, sentence = f"अब आपके पास {site} {new} है", f"{day} को आपका प्लान {plan} से {new} हो गया।"
            more = "इसमें क्या मिलता है और क्या लगता है, यह प्लान की सेटिंग में दिखता है।"
    return EmailContent(
        language=LANGUAGE,
        subject=subject,
        heading=subject,
        paragraphs=(f"{to(name)}{sentence}", more),
        action=("अपना प्लान देखें", f"{url}/settings/billing"),
    )


def seats_ending(about: SeatsEnding, name: str, url: str) -> EmailContent:
    """A team has fewer seats than members from its next period on."""
    day = formatting.day(LANGUAGE, about.ends_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपकी टीम की कुछ सीटें {day} को समाप्त होंगी",
        heading="सदस्यों से कम सीटें",
        paragraphs=(
            f"{to(name)}{day} से आपकी टीम “{about.team}” {about.seats} सीटों का भुगतान करती है, पर {about.taken} भरी हैं।",
            f"ये सदस्य सबसे बाद में जुड़े, और तब उनकी सीट नहीं रहेगी: {', '.join(about.members)}।",
            "सीटें रखने के लिए प्लान और बिलिंग में सारी सीटों के भुगतान की सहमति दें। किसी की चैट नहीं हटती।",
        ),
        action=("सीटें रखें", f"{url}/settings/billing"),
    )


def trial_ending(about: TrialEnding, name: str, site: str, url: str) -> EmailContent:
    """A trial ends soon, and its first charge follows."""
    amount, day = formatting.money(about.amount, about.currency), formatting.day(LANGUAGE, about.charged_at)
    plan = about.plan.capitalize()
    return EmailContent(
        language=LANGUAGE,
        subject=f"{site} {plan} का ट्रायल {day} को समाप्त होगा",
        heading="आपका ट्रायल समाप्त होने वाला है",
        paragraphs=(
            f"{to(name)}{plan} प्लान का ट्रायल {day} को समाप्त होगा, और तब {amount} लिए जाएँगे।",
            "प्लान रखने के लिए कुछ नहीं करना है। न चाहिए, तो उस दिन से पहले रद्द करें: तब कुछ नहीं लिया जाएगा।",
        ),
        details=(("पहला भुगतान", amount), ("कब", day)),
        action=("रखें या रद्द करें", f"{url}/settings/billing"),
    )


def period_ending(about: PeriodEnding, name: str, site: str, url: str) -> EmailContent:
    """A prepaid plan ends soon, and nothing is debited for the next period."""
    amount, plan = formatting.money(about.amount, about.currency), about.plan.capitalize()
    when = formatting.moment(LANGUAGE, about.ends_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"{site} {plan} प्लान {formatting.day(LANGUAGE, about.ends_at)} को खत्म होगा",
        heading="अगली अवधि का भुगतान करें",
        paragraphs=(
            f"{to(name)}आपका {plan} प्लान {when} को खत्म होगा। हम अपने आप कुछ नहीं लेते।",
            "उससे पहले भुगतान करें, तो अगली अवधि इसके खत्म होने पर शुरू होगी, और कोई दिन कम नहीं होगा।",
        ),
        details=(("प्लान", plan), ("राशि", amount), ("कब तक", when)),
        action=("अगली अवधि का भुगतान करें", f"{url}/settings/billing"),
    )


def trial_refused(about: TrialRefused, name: str, site: str, url: str) -> EmailContent:
    """There is no trial, and the first charge is due or was cancelled."""
    amount, plan = formatting.money(about.amount, about.currency), about.plan.capitalize()
    why = "आपने जिस कार्ड या खाते से सदस्यता ली है, उससे ट्रायल पहले लिया जा चुका है, इसलिए इस बार ट्रायल नहीं है।"
    if about.reason == "unknown":
        why = "हमें पता नहीं चल पाया कि आपने किस कार्ड या खाते से सदस्यता ली है, इसलिए ट्रायल शुरू नहीं हुआ।"
    what_next, due = "आप इसे पहले ही रद्द कर चुके हैं: कुछ नहीं लिया जाएगा।", []
    if about.first_charge_at:
        when = formatting.moment(LANGUAGE, about.first_charge_at)
        what_next = (
            f"{when} को {amount} लिए जाएँगे, और {plan} प्लान तभी शुरू होगा; तब तक आपका प्लान जैसा है वैसा ही रहेगा। "
            f"कुछ न देना हो, तो उससे पहले रद्द करें: {site} में अपना प्लान खोलें और “रद्द करें” चुनें।"
        )
        due = [("पहला भुगतान", amount), ("कब", when)]
    return EmailContent(
        language=LANGUAGE,
        subject=f"{site} {plan}: इस बार ट्रायल नहीं",
        heading="इस बार ट्रायल नहीं है",
        paragraphs=(f"{to(name)}{why}", what_next),
        details=(("प्लान", plan), *due),
        action=("रखें या रद्द करें", f"{url}/settings/billing") if due else None,
    )


def to(name: str) -> str:
    """The start of the sentence with the user's name; empty without a name."""
    return f"{name} जी, " if name else ""
