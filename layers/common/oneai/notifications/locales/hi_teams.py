"""The mails about teams in Hindi, with the same functions as `en_teams.py`."""

from oneai.notifications import formatting
from oneai.notifications.chatbot_payloads import (
    ChatbotAway,
    ChatbotsWeek,
    VisitorConfirmation,
    VisitorMailStopped,
    VisitorMessages,
    VisitorWaiting,
)
from oneai.notifications.email import EmailContent
from oneai.notifications.locales import hi_chatbots, hi_visitors, hi_weekly
from oneai.notifications.payloads import Departure, Invitation

LANGUAGE = "hi"
ROLES = {"owner": "मालिक", "admin": "एडमिन", "member": "सदस्य", "viewer": "दर्शक"}


type AboutVisitors = VisitorConfirmation | VisitorMessages | VisitorMailStopped


def write(
    about: ChatbotAway | ChatbotsWeek | VisitorWaiting | AboutVisitors | Departure | Invitation, site: str, url: str
) -> EmailContent:
    """The mail to a former member, to an invited address, or about a chatbot and its visitors."""
    if isinstance(about, VisitorConfirmation | VisitorMessages | VisitorMailStopped):
        return hi_visitors.write(about, url)
    if isinstance(about, ChatbotsWeek):
        return hi_weekly.write(about, url)
    if isinstance(about, ChatbotAway | VisitorWaiting):
        return hi_chatbots.write(about, url)
    return _departure(about, site, url) if isinstance(about, Departure) else _invitation(about, site, url)


def _invitation(about: Invitation, site: str, url: str) -> EmailContent:
    """An invitation to a team, to an address that may have no account."""
    team, inviter = formatting.quotation(about.workspace), formatting.quotation(about.inviter)
    until = formatting.moment(LANGUAGE, about.expires_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"{site} पर टीम “{team}” का निमंत्रण",
        heading="आपको एक टीम में बुलाया गया है",
        paragraphs=(
            f"“{inviter}” ने आपको {site} पर टीम “{team}” में बुलाया है। आपकी भूमिका: {ROLES[about.role]}।",
            f"स्वीकार करने के लिए इसी ईमेल पते से साइन इन या साइन अप करें। लिंक {until} तक काम करेगा।",
            "अगर आप बुलाने वाले को नहीं जानते, तो इस ईमेल पर ध्यान न दें: आपके बिना कुछ नहीं होगा।",
        ),
        details=(("टीम", f"“{team}”"), ("भूमिका", ROLES[about.role]), ("मान्य", until)),
        action=("निमंत्रण देखें", f"{url}/invite/{about.token}"),
    )


def _departure(about: Departure, site: str, url: str) -> EmailContent:
    """The link to the private conversations in a team that the user left."""
    team, until = formatting.quotation(about.workspace), formatting.moment(LANGUAGE, about.expires_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"{site} पर टीम “{team}” में आपकी चैट",
        heading="आप अब इस टीम में नहीं हैं",
        paragraphs=(
            f"आप अब {site} पर टीम “{team}” के सदस्य नहीं हैं। वहाँ आपकी निजी चैट {until} तक रखी जाएँगी।",
            "तब तक आप उन्हें डाउनलोड कर सकते हैं: इसी खाते से साइन इन करें। टीम में फिर शामिल होने पर वे लौट आएँगी।",
            "उसके बाद वे मिटा दी जाएँगी।",
        ),
        details=(("टीम", f"“{team}”"), ("कब तक", until)),
        action=("चैट डाउनलोड करें", f"{url}/settings/data?departure={about.token}"),
    )
