"""The mails to visitors of chatbots, and about them, in Hindi. `en_visitors.py` has the same in English."""

from oneai.notifications import formatting
from oneai.notifications.chatbot_payloads import VisitorConfirmation, VisitorMailStopped, VisitorMessages
from oneai.notifications.email import EmailContent

LANGUAGE = "hi"


def write(about: VisitorConfirmation | VisitorMessages | VisitorMailStopped, url: str) -> EmailContent:
    """The mail to a visitor, or to the owner of the workspace."""
    if isinstance(about, VisitorMailStopped):
        return _stopped(about, url)
    return _confirmation(about) if isinstance(about, VisitorConfirmation) else _messages(about)


def _confirmation(about: VisitorConfirmation) -> EmailContent:
    """Asks the owner of an address whether they left it."""
    team = f"“{formatting.quotation(about.team)}” के साथ " if about.team else ""
    return EmailContent(
        language=LANGUAGE,
        subject="ईमेल पर जवाब पाने के लिए अपने पते की पुष्टि करें",
        heading="क्या आप ईमेल पर जवाब चाहते हैं?",
        paragraphs=(
            f"किसी ने {team}चैट में यह पता छोड़ा है, ताकि लोगों के जवाब ईमेल पर मिलें। अगर वह आप थे, तो इसकी पुष्टि करें।",
            "अगर वह आप नहीं थे, तो कुछ न करें। तब आपको इस चैट से कोई जवाब नहीं आएगा।",
        ),
        action=("पते की पुष्टि करें", about.link),
        foot="यह लिंक 24 घंटे तक काम करता है।",
    )


def _messages(about: VisitorMessages) -> EmailContent:
    """What people wrote in the chat while the visitor was away."""
    team = f"“{formatting.quotation(about.team)}” के साथ " if about.team else ""
    return EmailContent(
        language=LANGUAGE,
        subject=f"{team}आपकी चैट में एक जवाब",
        heading="आपके लिए एक जवाब है",
        paragraphs=(
            f"जब आप नहीं थे, तब {team}आपकी चैट में यह लिखा गया:",
            *formatting.chat_lines(about.messages, "एक व्यक्ति"),
            "जवाब देने के लिए उसी ब्राउज़र में वेबसाइट पर चैट फिर खोलें।",
        ),
        foot="यह ईमेल आपको इसलिए आया है कि आपने चैट में इस पते की पुष्टि की थी।",
    )


def _stopped(about: VisitorMailStopped, url: str) -> EmailContent:
    """Visitors get no mail for now, because too much of it came back."""
    until = formatting.moment(LANGUAGE, about.ends_at)
    return EmailContent(
        language=LANGUAGE,
        subject="आपके आगंतुकों को अभी ईमेल नहीं जाते",
        heading="आगंतुकों के ईमेल रोक दिए गए हैं",
        paragraphs=(
            f"पिछले 30 दिनों में आपके चैटबॉट के आगंतुकों को भेजे {about.mails} ईमेल में से {about.failed} पहुँच नहीं सके, "
            f"या पाने वालों ने शिकायत की। {until} तक और ईमेल नहीं भेजे जाएँगे।",
            "आप जो लिखते हैं, उसे आगंतुक पहले की तरह चैट में पढ़ते हैं।",
        ),
        action=("इनबॉक्स खोलें", f"{url}/inbox"),
    )
