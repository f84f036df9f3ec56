"""The mails in Hindi, with the same functions as `en.py`."""

from typing import assert_never

from oneai.notifications import formatting
from oneai.notifications.chatbot_payloads import (
    ChatbotAway,
    ChatbotsWeek,
    VisitorConfirmation,
    VisitorMailStopped,
    VisitorMessages,
    VisitorWaiting,
)
from oneai.notifications.credit_payloads import (
    CreditDispute,
    CreditReceipt,
    CreditRecharge,
    CreditsEnding,
    CreditsLow,
)
from oneai.notifications.email import EmailContent
from oneai.notifications.locales import en_operators, hi_account, hi_credits, hi_ownership, hi_plans, hi_teams
from oneai.notifications.locales.hi_plans import to
from oneai.notifications.operator_payloads import BusinessReport, OperatorAlert
from oneai.notifications.payloads import (
    AccountDeletion,
    ApiKeyLeaked,
    DataExport,
    Departure,
    EmailPayload,
    Invitation,
    MonthlySummary,
    News,
    Offer,
    PasskeyChange,
    PaymentReceipt,
    PaymentRefund,
    PaymentReminder,
    PaymentReversed,
    PeriodEnding,
    ProviderKeyLeaked,
    QuotaWarning,
    SeatsEnding,
    SubscriptionUpdate,
    TrialEnding,
    TrialRefused,
    Welcome,
    WorkspaceDeletion,
    WorkspaceOwnership,
)

LANGUAGE = "hi"
UNSUBSCRIBE = {
    "product": "समाचार बंद करें",
    "quota": "कोटे के बारे में ईमेल बंद करें",
    "summary": "मासिक सारांश बंद करें",
    "handoff": "इंतज़ार करते आगंतुकों के ईमेल बंद करें",
    "budget": "बजट के ईमेल बंद करें",
    "weekly": "साप्ताहिक रिपोर्ट बंद करें",
    "visitor": "इस चैट की टीम से और ईमेल न पाएँ",
}
QUOTAS = {
    "small_messages": "छोटे मॉडलों के जवाब",
    "large_messages": "बड़े मॉडलों के जवाब",
    "image_generation": "तस्वीरें",
    "web_searches": "वेब खोजें",
    "tokens": "टोकन",
    "cost": "मॉडलों की लागत",
}


def write(about: EmailPayload, *, name: str, site: str, url: str) -> EmailContent:  # noqa: PLR0912  as kinds of mail
    """The mail to a user with this `name` (may be empty), from the product `site` at `url`."""
    match about:
        case Welcome():
            return welcome(name, site, url)
        case News():
            return news(about, url)
        case QuotaWarning():
            return quota_warning(about, name, url)
        case MonthlySummary():
            return monthly_summary(about, name, site, url)
        case PaymentReceipt():
            return payment_receipt(about, name, site, url)
        case PaymentReminder():
            return payment_reminder(about, name, site, url)
        case (
            PaymentRefund()
            | PaymentReversed()
            | SubscriptionUpdate()
            | TrialEnding()
            | TrialRefused()
            | PeriodEnding()
            | SeatsEnding()
            | Offer()
        ):
            return hi_plans.write(about, name, site, url)
        case (
            ChatbotAway()
            | ChatbotsWeek()
            | VisitorWaiting()
            | VisitorConfirmation()
            | VisitorMessages()
            | VisitorMailStopped()
            | Departure()
            | Invitation()
        ):
            return hi_teams.write(about, site, url)
        case ApiKeyLeaked() | AccountDeletion() | DataExport() | PasskeyChange() | ProviderKeyLeaked():
            return hi_account.write(about, name, site, url)
        case WorkspaceDeletion() | WorkspaceOwnership():
            return hi_ownership.write(about, name, site, url)
        case CreditReceipt() | CreditRecharge() | CreditsLow() | CreditsEnding() | CreditDispute():
            return hi_credits.write(about, name, site, url)
        case OperatorAlert() | BusinessReport():
            return en_operators.write(about, site)
        case _:
            assert_never(about)


def welcome(name: str, site: str, url: str) -> EmailContent:
    """Welcomes a new user."""
    return EmailContent(
        language=LANGUAGE,
        subject=f"{site} में आपका स्वागत है",
        heading=f"स्वागत है, {name}" if name else "स्वागत है",
        paragraphs=(
            f"आपका {site} खाता तैयार है। कई मॉडलों में से किसी से भी पूछें, अपना सवाल बदलें, जवाब दोबारा माँगें, "
            "और बाद में सब कुछ फिर से पढ़ें।",
            "मुफ़्त प्लान बिना किसी भुगतान जानकारी के आपका है। उसमें कितना बचा है, यह ऐप में हमेशा दिखता है।",
        ),
        action=("अपना पहला सवाल पूछें", url),
        foot="यह ईमेल इसलिए आया है क्योंकि इस पते से खाता बनाया गया है।",
    )


def news(about: News, url: str) -> EmailContent:
    """Product news, as an operator wrote them."""
    return EmailContent(
        language=LANGUAGE,
        subject=about.subject,
        heading=about.subject,
        paragraphs=tuple(about.paragraphs),
        action=("ऐप खोलें", url),
        foot="आपने सेटिंग में समाचार चुने हैं, इसलिए यह ईमेल आया है।",
    )


def quota_warning(about: QuotaWarning, name: str, url: str) -> EmailContent:
    """80, 90 or 100 percent of a quota are used."""
    quota = QUOTAS.get(about.quota_key, about.quota_key)
    until = formatting.moment(LANGUAGE, about.resets_at)
    gone = about.threshold >= 100
    if about.whose != "plan":
        return _share_warning(about, name, url)
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपका कोटा पूरा हो गया: {quota}" if gone else f"आपका {about.threshold}% कोटा इस्तेमाल हो चुका है: {quota}",
        heading="फ़िलहाल कोटा पूरा हो गया" if gone else f"{about.threshold}% इस्तेमाल हो चुका है",
        paragraphs=(
            f"{to(name)}इस अवधि में आपका इस्तेमाल: {quota}, {_used(about)}।",
            f"नया कोटा {until} से मिलेगा। तब तक दूसरे कोटे के मॉडल जवाब देंगे, और बड़े प्लान में ज़्यादा मिलता है।"
            if gone
            else f"बाकी कोटा {until} तक के लिए है; उसके बाद पूरा कोटा फिर मिलेगा।",
        ),
        details=(("इस्तेमाल", _used(about)), ("नई अवधि", until)),
        percent=about.threshold if gone else min(about.used * 100 // about.limit, 99),
        action=("अपना प्लान देखें", url),
    )


def _share_warning(about: QuotaWarning, name: str, url: str) -> EmailContent:
    """80 or 100 percent of a member's share of a team's quota are used: to the member, or to an owner of the team."""
    quota = QUOTAS.get(about.quota_key, about.quota_key)
    until = formatting.moment(LANGUAGE, about.resets_at)
    gone = about.threshold >= 100
    own = about.whose == "share"
    who = "आपका हिस्सा" if own else "एक सदस्य का हिस्सा"
    whose = "आपने" if own else f"{formatting.name(about.member) or 'आपकी टीम के एक सदस्य'} ने"
    return EmailContent(
        language=LANGUAGE,
        subject=f"{who} पूरा हो गया: {quota}" if gone else f"{who} {about.threshold}% इस्तेमाल हो चुका है: {quota}",
        heading="फ़िलहाल हिस्सा पूरा हो गया" if gone else f"{about.threshold}% इस्तेमाल हो चुका है",
        paragraphs=(
            f"{to(name)}इस अवधि में {whose} टीम के कोटे में से अपना इतना हिस्सा इस्तेमाल किया: {quota}, {_used(about)}।",
            f"पूरा हिस्सा {until} से फिर मिलेगा। "
            + ("टीम का कोई एडमिन उसे बढ़ा सकता है।" if own else "आप उसे अपनी टीम की सेटिंग में बढ़ा सकते हैं।"),
        ),
        details=(("इस्तेमाल", _used(about)), ("नई अवधि", until)),
        percent=about.threshold if gone else min(about.used * 100 // about.limit, 99),
        action=("उपयोग देखें", url),
    )


def monthly_summary(about: MonthlySummary, name: str, site: str, url: str) -> EmailContent:
    """The user's usage in a month."""
    when = formatting.month(LANGUAGE, about.month)
    answers = formatting.count(LANGUAGE, about.answers)
    return EmailContent(
        language=LANGUAGE,
        subject=f"{site} के साथ आपका {when}",
        heading=f"आपका {when}",
        paragraphs=(f"{to(name)}{when} में आपको {answers} जवाब मिले।",),
        details=(
            ("जवाब", answers),
            ("टोकन", formatting.count(LANGUAGE, about.tokens)),
            *((each["model"], formatting.count(LANGUAGE, each["answers"])) for each in about.models),
        ),
        action=("अपना उपयोग देखें", url),
    )


def payment_receipt(about: PaymentReceipt, name: str, site: str, url: str) -> EmailContent:
    """Money came in."""
    amount = formatting.money(about.amount, about.currency)
    invoice = [("इनवॉइस संख्या", about.invoice_number)] if about.invoice_number else []
    paid_until = [("इस दिन तक", formatting.day(LANGUAGE, about.period_end))] if about.period_end else []
    return EmailContent(
        language=LANGUAGE,
        subject=f"रसीद: {site} {about.plan} के लिए {amount}",
        heading="भुगतान के लिए धन्यवाद",
        paragraphs=(f"{to(name)}हमें {about.plan} प्लान के लिए {amount} मिले हैं।",),
        details=(
            ("राशि", amount),
            ("प्लान", about.plan),
            ("भुगतान का दिन", formatting.day(LANGUAGE, about.paid_at)),
            *paid_until,
            *invoice,
            ("भुगतान संख्या", about.payment_id),
        ),
        action=("इनवॉइस देखें", f"{url}/settings/billing") if about.invoice_number else None,
    )


def payment_reminder(about: PaymentReminder, name: str, site: str, url: str) -> EmailContent:
    """A payment failed; this was attempt number `attempt`."""
    amount = formatting.money(about.amount, about.currency)
    last_day = formatting.day(LANGUAGE, about.last_day) if about.last_day else None
    ends = f" भुगतान न होने पर प्लान {last_day} को बंद हो जाएगा।" if last_day else ""
    again = "हम अपने-आप फिर कोशिश करेंगे।"
    if about.given_up:
        again = "अब हम अपने-आप फिर कोशिश नहीं करेंगे: कृपया नीचे दिए पेज पर खुद भुगतान करें।"
    if about.ended_at:
        ends = f" प्लान {formatting.day(LANGUAGE, about.ended_at)} को बंद हो गया; भुगतान करते ही वह फिर मिल जाएगा।"
    if about.waits_for_yes:
        return EmailContent(
            language=LANGUAGE,
            subject=f"{site} {about.plan} के भुगतान की सहमति दें",
            heading="एक भुगतान आपकी सहमति का इंतज़ार कर रहा है",
            paragraphs=(
                f"{to(name)}{about.plan} प्लान के लिए {amount} का भुगतान बाकी है।",
                f"राशि ₹15,000 से ज़्यादा है, इसलिए बैंक इसे तभी लेगा, जब आप नीचे दिए पेज पर सहमति देंगे।{ends}",
            ),
            details=(("राशि", amount), ("प्लान", about.plan)),
            action=("सहमति दें और भुगतान करें", about.pay_url or f"{url}/billing"),
        )
    return EmailContent(
        language=LANGUAGE,
        subject=f"{site} {about.plan} का भुगतान नहीं हो पाया"
        if about.attempt == 1
        else f"याद दिलाना {about.attempt}: {site} {about.plan} का भुगतान",
        heading="आपका भुगतान नहीं हो पाया",
        paragraphs=(
            f"{to(name)}{about.plan} प्लान के लिए {amount} का भुगतान नहीं हो पाया।",
            f"कृपया अपना भुगतान का साधन जाँच लें। {again}{ends}",
        ),
        details=(("राशि", amount), ("प्लान", about.plan), ("प्रयास", str(about.attempt))),
        action=("अभी भुगतान करें", about.pay_url or f"{url}/billing"),
    )


def _used(about: QuotaWarning) -> str:
    if about.quota_key == "cost":
        return f"{formatting.dollars(about.limit)} में से {formatting.dollars(about.used)}"
    return f"{formatting.count(LANGUAGE, about.limit)} में से {formatting.count(LANGUAGE, about.used)}"
