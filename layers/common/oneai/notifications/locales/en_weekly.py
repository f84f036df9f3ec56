"""The weekly mail about chatbots in English. `hi_weekly.py` has the same in Hindi."""

from oneai.notifications import formatting
from oneai.notifications.chatbot_payloads import ChatbotsWeek
from oneai.notifications.email import EmailContent

LANGUAGE = "en"


def write(about: ChatbotsWeek, url: str) -> EmailContent:
    """The mail to a member who answers visitors."""
    conversations = formatting.count(LANGUAGE, about.conversations)
    team = f" in the team “{formatting.quotation(about.workspace)}”" if about.workspace else ""
    days = f"{formatting.date_of(LANGUAGE, about.since)} to {formatting.date_of(LANGUAGE, about.until)}"
    unanswered = "; ".join(
        f"“{formatting.quotation(topic['name'])}” ({formatting.count(LANGUAGE, topic['questions'])})"
        for topic in about.topics
    )
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your chatbots last week: {conversations} {'chat' if about.conversations == 1 else 'chats'}",
        heading="Your chatbots last week",
        paragraphs=(
            f"This is what visitors did at your chatbots{team} from {days}.",
            *([f"Most asked without a full answer: {unanswered}."] if unanswered else []),
        ),
        details=(
            ("Chats", conversations),
            ("Visitors", formatting.count(LANGUAGE, about.visitors)),
            ("Satisfaction", _satisfaction(about)),
            ("Handed to people", formatting.count(LANGUAGE, about.handed_off)),
            ("Charged", formatting.dollars(about.charged_micro_usd)),
        ),
        action=("See the analytics", f"{url}/analytics?workspace={about.workspace_id}"),
    )


def _satisfaction(about: ChatbotsWeek) -> str:
    if not about.votes:
        return "no scores"
    votes = f"{formatting.count(LANGUAGE, about.votes)} {'score' if about.votes == 1 else 'scores'}"
    return f"{about.score / about.votes:.1f} of 5 ({votes})"
