"""The mails to visitors of chatbots, and about them, in English. `hi_visitors.py` has the same in Hindi."""

from oneai.notifications import formatting
from oneai.notifications.chatbot_payloads import VisitorConfirmation, VisitorMailStopped, VisitorMessages
from oneai.notifications.email import EmailContent

LANGUAGE = "en"


def write(about: VisitorConfirmation | VisitorMessages | VisitorMailStopped, url: str) -> EmailContent:
    """The mail to a visitor, or to the owner of the workspace."""
    if isinstance(about, VisitorMailStopped):
        return _stopped(about, url)
    return _confirmation(about) if isinstance(about, VisitorConfirmation) else _messages(about)


def _confirmation(about: VisitorConfirmation) -> EmailContent:
    """Asks the owner of an address whether they left it."""
    team = f" with “{formatting.quotation(about.team)}”" if about.team else ""
    return EmailContent(
        language=LANGUAGE,
        subject="Confirm your address for answers by email",
        heading="Do you want answers by email?",
        paragraphs=(
            f"Someone left this address in a chat{team}, to get people’s answers by email. If it was you, confirm it.",
            "If it was not you, do nothing. You get no answers from this chat then.",
        ),
        action=("Confirm the address", about.link),
        foot="The link works for 24 hours.",
    )


def _messages(about: VisitorMessages) -> EmailContent:
    """What people wrote in the chat while the visitor was away."""
    team = f" with “{formatting.quotation(about.team)}”" if about.team else ""
    return EmailContent(
        language=LANGUAGE,
        subject=f"An answer in your chat{team}",
        heading="You have an answer",
        paragraphs=(
            f"While you were away, this was written in your chat{team}:",
            *formatting.chat_lines(about.messages, "A person"),
            "To answer, open the chat on the website again, in the same browser.",
        ),
        foot="You get this email because you confirmed this address in the chat.",
    )


def _stopped(about: VisitorMailStopped, url: str) -> EmailContent:
    """Visitors get no mail for now, because too much of it came back."""
    until = formatting.moment(LANGUAGE, about.ends_at)
    return EmailContent(
        language=LANGUAGE,
        subject="Your visitors get no emails for now",
        heading="Emails to visitors are stopped",
        paragraphs=(
            f"{about.failed} of {about.mails} emails to visitors of your chatbots in the last 30 days could not be "
            f"delivered, or their receivers complained. No more are sent until {until}.",
            "Visitors read what you write in the chat, as before.",
        ),
        action=("Open the inbox", f"{url}/inbox"),
    )
