"""The mails about chatbots in English. `hi_chatbots.py` has the same in Hindi."""

from oneai.notifications import formatting
from oneai.notifications.chatbot_payloads import ChatbotAway, VisitorWaiting
from oneai.notifications.email import EmailContent

LANGUAGE = "en"
CAUSES = {
    "hour": "It has spent what it may in an hour. It goes on within the hour. If this is unusual, look at who asks.",
    "day": "It has spent its budget of the day, and answers again tomorrow.",
    "month": "It has spent its budget of the month, and answers again next month.",
    "plan": "Visitors have used up their part of your plan's quota.",
    "credits": "No credits are left to pay it. It answers again as soon as you buy some.",
    "spending_limit": "Its monthly limit of credits is reached. You can raise it, or it answers again next month.",
    "paused": "Your plan has fewer chatbots now, so it is paused.",
}


def write(about: ChatbotAway | VisitorWaiting, url: str) -> EmailContent:
    """The mail to the owner of the chatbot's workspace, or to a member who can answer a visitor."""
    if isinstance(about, VisitorWaiting):
        return _visitor_waiting(about, url)
    chatbot = formatting.quotation(about.chatbot)
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your chatbot “{chatbot}” does not answer now",
        heading="A chatbot is away",
        paragraphs=(
            f"Your chatbot “{chatbot}” does not answer its visitors now. {CAUSES[about.cause]}",
            "They get your away message, known answers and a form meanwhile.",
        ),
        action=("See the chatbot", f"{url}/chatbots/{about.chatbot_id}"),
    )


def _visitor_waiting(about: VisitorWaiting, url: str) -> EmailContent:
    chatbot = formatting.quotation(about.chatbot)
    return EmailContent(
        language=LANGUAGE,
        subject=f"A visitor of “{chatbot}” waits for a person",
        heading="A visitor waits",
        paragraphs=(
            f"A visitor asked your chatbot “{chatbot}” for a person, and no member has answered yet. Others may "
            "wait too.",
            "You get at most one of these emails in an hour.",
        ),
        action=("Open the chat", f"{url}/inbox/{about.conversation_id}"),
    )
