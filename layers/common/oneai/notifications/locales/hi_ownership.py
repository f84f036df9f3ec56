"""The mails about the end and the owners of a team in Hindi, with the same functions as `en_ownership.py`."""

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent
from oneai.notifications.locales.hi_plans import to
from oneai.notifications.payloads import WorkspaceDeletion, WorkspaceOwnership

LANGUAGE = "hi"


def write(about: WorkspaceDeletion | WorkspaceOwnership, name: str, site: str, url: str) -> EmailContent:
    """Selects the mail for this payload."""
    match about:
        case WorkspaceDeletion(event="erased"):
            return erased(about, name, site, url)
        case WorkspaceDeletion():
            return deletion(about, name, site, url)
        case WorkspaceOwnership():
            return ownership(about, name, site, url)


def deletion(about: WorkspaceDeletion, name: str, site: str, url: str) -> EmailContent:
    """A team will be deleted: at the request, and a week before."""
    until = formatting.moment(LANGUAGE, about.at)
    team = f"“{about.workspace}”"
    first = (
        f"एक मालिक ने {site} पर आपकी टीम {team} हटाने के लिए कहा है। टीम अब बंद है और {until} को हमेशा के लिए मिटा दी जाएगी।"
        if about.event == "requested"
        else f"{site} पर आपकी टीम {team} {until} को हमेशा के लिए मिटा दी जाएगी। एक मालिक ने इसके लिए कहा था।"
    )
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपकी टीम {team} हटाई जाएगी",
        heading="आपकी टीम हटाई जाएगी",
        paragraphs=(
            f"{to(name)}{first}",
            "तब तक आप और दूसरे मालिक टीम को पढ़ सकते हैं, उसका डेटा एक्सपोर्ट कर सकते हैं और उसे वापस पा सकते हैं। बाकी सदस्य अब टीम "
            "नहीं देख सकते। प्लान का और कोई भुगतान नहीं लिया जाएगा।",
            "उसके बाद टीम में रखा सब कुछ मिटा दिया जाता है। इनवॉइस और भुगतान के रिकॉर्ड रहेंगे, क्योंकि कानून ऐसा कहता है।",
        ),
        details=(("टीम", about.workspace), ("मिटाने का समय", until)),
        action=("टीम खोलें", f"{url}/settings/workspace?workspace={about.slug}"),
    )


def erased(about: WorkspaceDeletion, name: str, site: str, url: str) -> EmailContent:
    """A team was erased."""
    team = f"“{about.workspace}”"
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपकी टीम {team} हटा दी गई",
        heading="आपकी टीम हटा दी गई",
        paragraphs=(
            f"{to(name)}{site} पर आपकी टीम {team} अपने चैट, दस्तावेज़ों और सदस्यों के साथ मिटा दी गई है।",
            "इनवॉइस और भुगतान के रिकॉर्ड रहेंगे, क्योंकि कानून ऐसा कहता है। आपका अपना खाता और आपकी दूसरी टीमें पहले जैसी हैं।",
        ),
        details=(("टीम", about.workspace),),
        action=("ऐप खोलें", url),
    )


def ownership(about: WorkspaceOwnership, name: str, site: str, url: str) -> EmailContent:
    """An offer to take over a team, its end, and who owns the team now."""
    team, person = f"“{about.workspace}”", f"“{about.person}”"
    at = formatting.moment(LANGUAGE, about.at)
    match about.event:
        case "offered" if about.to_receiver:
            heading = "आपसे एक टीम का मालिक बनने को कहा गया है"
            first = f"{site} पर टीम {team} के एक मालिक चाहते हैं कि आप इसके मालिक बनें।"
            second = f"आप {at} तक स्वीकार कर सकते हैं। मालिक प्लान तय करते हैं, उसका भुगतान करते हैं और टीम को हटा सकते हैं।"
        case "offered":
            heading = "आपकी टीम के मालिक बदल सकते हैं"
            first = f"{person} से {site} पर टीम {team} का मालिक बनने को कहा गया है।"
            second = f"यह प्रस्ताव {at} तक खुला है। स्वीकार होने से पहले कोई मालिक इसे वापस ले सकता है।"
        case "accepted":
            heading = "आपकी टीम के मालिक बदल गए हैं"
            first = f"{at} को {person} {site} पर टीम {team} के मालिक बन गए।"
            second = "पिछले मालिक अब एडमिन हैं। अगर आपको इसकी जानकारी नहीं थी, तो दूसरे मालिकों से बात करें।"
        case "withdrawn":
            heading = "एक प्रस्ताव खत्म हो गया"
            first = f"अब आपसे {site} पर टीम {team} का मालिक बनने को नहीं कहा जा रहा है।"
            second = "टीम में आपकी भूमिका नहीं बदली है।"
        case "inherited":
            heading = "अब आप एक टीम के मालिक हैं"
            first = f"{site} पर टीम {team} के आखिरी मालिक का खाता मिटा दिया गया, इसलिए अब आप इसके मालिक हैं।"
            second = "आप किसी और सदस्य को मालिक बना सकते हैं, या टीम को हटा सकते हैं।"
        case "gained":
            heading = "आपकी टीम में एक और मालिक है"
            first = f"{at} को {person} {site} पर टीम {team} के मालिक बन गए।"
            second = "अगर आपको इसकी जानकारी नहीं थी, तो दूसरे मालिकों से बात करें। कोई मालिक सेटिंग में यह भूमिका वापस ले सकता है।"
        case "lost":
            heading = "आपकी टीम में एक मालिक कम है"
            first = f"{at} से {person} {site} पर टीम {team} के मालिक नहीं हैं।"
            second = "अगर आपको इसकी जानकारी नहीं थी, तो दूसरे मालिकों से बात करें।"
    return EmailContent(
        language=LANGUAGE,
        subject=f"{heading}: {team}",
        heading=heading,
        paragraphs=(f"{to(name)}{first}", second),
        details=(("टीम", about.workspace),),
        action=("टीम खोलें", f"{url}/settings/team"),
    )
