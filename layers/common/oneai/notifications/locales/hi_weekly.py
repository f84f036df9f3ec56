"""The weekly mail about chatbots in Hindi. `en_weekly.py` has the same in English."""

from oneai.notifications import formatting
from oneai.notifications.chatbot_payloads import ChatbotsWeek
from oneai.notifications.email import EmailContent

LANGUAGE = "hi"


def write(about: ChatbotsWeek, url: str) -> EmailContent:
    """The mail to a member who answers visitors."""
    conversations = formatting.count(LANGUAGE, about.conversations)
    team = f"टीम “{formatting.quotation(about.workspace)}” के" if about.workspace else "आपके"
    days = f"{formatting.date_of(LANGUAGE, about.since)} से {formatting.date_of(LANGUAGE, about.until)}"
    unanswered = "; ".join(
        f"“{formatting.quotation(topic['name'])}” ({formatting.count(LANGUAGE, topic['questions'])})"
        for topic in about.topics
    )
    return EmailContent(
        language=LANGUAGE,
        subject=f"पिछले हफ़्ते आपके चैटबॉट: {conversations} चैट",
        heading="पिछले हफ़्ते आपके चैटबॉट",
        paragraphs=(
            f"{days} तक {team} चैटबॉट पर आगंतुकों ने यह किया।",
            *([f"पूरे जवाब के बिना सबसे ज़्यादा पूछा गया: {unanswered}."] if unanswered else []),
        ),
        details=(
            ("चैट", conversations),
            ("आगंतुक", formatting.count(LANGUAGE, about.visitors)),
            ("संतुष्टि", _satisfaction(about)),
            ("लोगों को सौंपी गईं", formatting.count(LANGUAGE, about.handed_off)),
            ("शुल्क", formatting.dollars(about.charged_micro_usd)),
        ),
        action=("एनालिटिक्स देखें", f"{url}/analytics?workspace={about.workspace_id}"),
    )


def _satisfaction(about: ChatbotsWeek) -> str:
    if not about.votes:
        return "कोई अंक नहीं"
    return f"5 में से {about.score / about.votes:.1f} ({formatting.count(LANGUAGE, about.votes)} अंक)"
