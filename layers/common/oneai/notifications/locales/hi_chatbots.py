"""The mails about chatbots in Hindi. `en_chatbots.py` has the same in English."""

from oneai.notifications import formatting
from oneai.notifications.chatbot_payloads import ChatbotAway, VisitorWaiting
from oneai.notifications.email import EmailContent

LANGUAGE = "hi"
CAUSES = {
    "hour": "इस घंटे का उसका हिस्सा खर्च हो चुका है। वह एक घंटे के भीतर फिर जवाब देगा। असामान्य हो, तो देखें कि कौन पूछ रहा है।",
    "day": "उसका आज का बजट खर्च हो चुका है। वह कल फिर जवाब देगा।",
    "month": "उसका इस महीने का बजट खर्च हो चुका है। वह अगले महीने फिर जवाब देगा।",
    "plan": "आपके प्लान के कोटे में से आगंतुकों का हिस्सा पूरा खर्च हो चुका है।",
    "credits": "भुगतान के लिए क्रेडिट नहीं बचे हैं। आप खरीदेंगे, तो वह तुरंत फिर जवाब देगा।",
    "spending_limit": "उसकी क्रेडिट की महीने की सीमा पूरी हो गई है। आप उसे बढ़ा सकते हैं, नहीं तो वह अगले महीने फिर जवाब देगा।",
    "paused": "आपके प्लान में अब कम चैटबॉट हैं, इसलिए इसे रोक दिया गया है।",
}


def write(about: ChatbotAway | VisitorWaiting, url: str) -> EmailContent:
    """The mail to the owner of the chatbot's workspace, or to a member who can answer a visitor."""
    if isinstance(about, VisitorWaiting):
        return _visitor_waiting(about, url)
    chatbot = formatting.quotation(about.chatbot)
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपका चैटबॉट “{chatbot}” अभी जवाब नहीं दे रहा है",
        heading="एक चैटबॉट जवाब नहीं दे रहा",
        paragraphs=(
            f"आपका चैटबॉट “{chatbot}” अभी आगंतुकों को जवाब नहीं दे रहा है। {CAUSES[about.cause]}",
            "इस बीच उन्हें आपका संदेश, ज्ञात जवाब और एक फ़ॉर्म मिलता है।",
        ),
        action=("चैटबॉट देखें", f"{url}/chatbots/{about.chatbot_id}"),
    )


def _visitor_waiting(about: VisitorWaiting, url: str) -> EmailContent:
    chatbot = formatting.quotation(about.chatbot)
    return EmailContent(
        language=LANGUAGE,
        subject=f"“{chatbot}” का एक आगंतुक किसी व्यक्ति का इंतज़ार कर रहा है",
        heading="एक आगंतुक इंतज़ार कर रहा है",
        paragraphs=(
            f"एक आगंतुक ने आपके चैटबॉट “{chatbot}” से किसी व्यक्ति को माँगा है, और अभी तक किसी ने उसे जवाब नहीं दिया है। "
            "और भी लोग इंतज़ार कर रहे हो सकते हैं।",
            "ऐसा ईमेल आपको एक घंटे में एक से ज़्यादा नहीं मिलता।",
        ),
        action=("चैट खोलें", f"{url}/inbox/{about.conversation_id}"),
    )
