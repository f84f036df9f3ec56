"""The mails about teams in English. `hi_teams.py` has the same functions in Hindi."""

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
from oneai.notifications.locales import en_chatbots, en_visitors, en_weekly
from oneai.notifications.payloads import Departure, Invitation

LANGUAGE = "en"
ROLES = {"owner": "owner", "admin": "admin", "member": "member", "viewer": "viewer"}


type AboutVisitors = VisitorConfirmation | VisitorMessages | VisitorMailStopped


def write(
    about: ChatbotAway | ChatbotsWeek | VisitorWaiting | AboutVisitors | Departure | Invitation, site: str, url: str
) -> EmailContent:
    """The mail to a former member, to an invited address, or about a chatbot and its visitors."""
    if isinstance(about, VisitorConfirmation | VisitorMessages | VisitorMailStopped):
        return en_visitors.write(about, url)
    if isinstance(about, ChatbotsWeek):
        return en_weekly.write(about, url)
    if isinstance(about, ChatbotAway | VisitorWaiting):
        return en_chatbots.write(about, url)
    return _departure(about, site, url) if isinstance(about, Departure) else _invitation(about, site, url)


def _invitation(about: Invitation, site: str, url: str) -> EmailContent:
    """An invitation to a team, to an address that may have no account."""
    team, inviter = formatting.quotation(about.workspace), formatting.quotation(about.inviter)
    until = formatting.moment(LANGUAGE, about.expires_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"An invitation to the team “{team}” on {site}",
        heading="You are invited to a team",
        paragraphs=(
            f"“{inviter}” invites you to the team “{team}” on {site}, as {ROLES[about.role]}.",
            f"Sign in or sign up with this email address to accept. The link works until {until}.",
            "If you do not know who invites you, ignore this email: nothing happens without you.",
        ),
        details=(("Team", f"“{team}”"), ("Role", ROLES[about.role]), ("Valid until", until)),
        action=("See the invitation", f"{url}/invite/{about.token}"),
    )


def _departure(about: Departure, site: str, url: str) -> EmailContent:
    """The link to the private chats in a team that the user left."""
    team, until = formatting.quotation(about.workspace), formatting.moment(LANGUAGE, about.expires_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your chats in the team “{team}” on {site}",
        heading="You are no longer in a team",
        paragraphs=(
            f"You are no longer a member of the team “{team}” on {site}. Your private chats there are stored "
            f"until {until}.",
            "Until then you can download them: sign in with this account. They return if you join the team again.",
            "After that they are erased.",
        ),
        details=(("Team", f"“{team}”"), ("Stored until", until)),
        action=("Download the chats", f"{url}/settings/data?departure={about.token}"),
    )
