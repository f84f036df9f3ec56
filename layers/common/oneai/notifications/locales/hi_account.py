"""The mails about the account in Hindi, with the same functions as `en_account.py`."""

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent
from oneai.notifications.locales.hi_plans import to
from oneai.notifications.payloads import (
    AccountDeletion,
    ApiKeyLeaked,
    DataExport,
    PasskeyChange,
    ProviderKeyLeaked,
)
from oneai.provider_keys.providers import NAMES

LANGUAGE = "hi"


def write(
    about: AccountDeletion | ApiKeyLeaked | DataExport | PasskeyChange | ProviderKeyLeaked,
    name: str,
    site: str,
    url: str,
) -> EmailContent:
    """Selects the mail for this payload."""
    match about:
        case AccountDeletion():
            return account_deletion(about, name, site, url)
        case ApiKeyLeaked():
            return api_key_leaked(about, name, site, url)
        case ProviderKeyLeaked():
            return provider_key_leaked(about, name, site, url)
        case DataExport():
            return data_export(about, name, site, url)
        case PasskeyChange():
            return passkey_change(about, name, site, url)


def account_deletion(about: AccountDeletion, name: str, site: str, url: str) -> EmailContent:
    """The user requested to delete the account."""
    until = formatting.moment(LANGUAGE, about.deletes_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपका {site} खाता हटाया जाएगा",
        heading="आपका खाता हटाया जाएगा",
        paragraphs=(
            f"{to(name)}आपने अपना खाता हटाने के लिए कहा है। खाता अब बंद है और {until} को हमेशा के लिए मिटा दिया जाएगा।",
            "तब तक आप साइन इन करके खाता और उसमें रखा सब कुछ वापस पा सकते हैं। आपके प्लान का और कोई भुगतान नहीं लिया जाएगा। इनवॉइस "
            "और भुगतान के रिकॉर्ड रहेंगे, क्योंकि कानून ऐसा कहता है।",
            "अगर यह अनुरोध आपने नहीं किया, तो साइन इन करें, खाता वापस पाएँ और अपना पासवर्ड बदलें।",
        ),
        details=(("मिटाने का समय", until),),
        action=("खाता वापस पाएँ", f"{url}/settings/account"),
    )


def data_export(about: DataExport, name: str, site: str, url: str) -> EmailContent:
    """The export of all data of the account is ready."""
    until = formatting.moment(LANGUAGE, about.expires_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपका {site} डेटा तैयार है",
        heading="आपका डेटा तैयार है",
        paragraphs=(
            f"{to(name)}आपके खाते का जो डेटा आपने माँगा था, वह डाउनलोड के लिए तैयार है।",
            f"लिंक खोलने पर साइन इन करना होगा, और वह {until} तक काम करेगा। अगर यह डेटा आपने नहीं माँगा, तो अपना पासवर्ड बदलें।",
        ),
        details=(("उपलब्ध", until),),
        action=("अपना डेटा डाउनलोड करें", f"{url}/settings/data?export={about.export_id}"),
    )


def api_key_leaked(about: ApiKeyLeaked, name: str, site: str, url: str) -> EmailContent:
    """A key was found in public and revoked."""
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपकी {site} API कुंजी सार्वजनिक जगह पर मिली और रद्द कर दी गई",
        heading="एक API कुंजी रद्द कर दी गई",
        paragraphs=(
            f"{to(name)}आपकी API कुंजी “{about.key_name}” ऐसी जगह मिली जहाँ दूसरे उसे पढ़ सकते हैं, "
            "इसलिए हमने उसे तुरंत रद्द कर दिया।",
            "इसे इस्तेमाल करने वाले प्रोग्राम अब काम नहीं करेंगे। कृपया देखें कि कुंजी किस काम में आई, जहाँ मिली वहाँ से उसे हटाएँ, "
            "और नई कुंजी बनाएँ।",
        ),
        details=(("कुंजी", about.key_name), ("गुप्त कोड", about.hint)),
        action=("अपनी API कुंजियाँ देखें", f"{url}/settings/api-keys"),
    )


def provider_key_leaked(about: ProviderKeyLeaked, name: str, site: str, url: str) -> EmailContent:
    """A key for a provider was found in public, and our copy of it was deleted."""
    provider = NAMES[about.provider]
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपकी {provider} कुंजी सार्वजनिक जगह पर मिली",
        heading="मॉडल प्रदाता की एक कुंजी अब इस्तेमाल नहीं होती",
        paragraphs=(
            f"{to(name)}आपकी {provider} कुंजी “{about.key_name}” ऐसी जगह मिली जहाँ दूसरे उसे पढ़ सकते हैं। "
            f"{site} अब उसे इस्तेमाल नहीं करता, और अपनी प्रति मिटा चुका है।",
            f"दूसरे लोग कुंजी को अब भी इस्तेमाल कर सकते हैं। कृपया उसे अभी {provider} पर रद्द करें, "
            "वहाँ देखें कि वह किस काम में आई, और नई कुंजी डालें।",
        ),
        details=(("कुंजी", about.key_name), ("अंत", about.last4)),
        action=("अपनी कुंजियाँ देखें", f"{url}/settings/provider-keys"),
    )


def passkey_change(about: PasskeyChange, name: str, site: str, url: str) -> EmailContent:
    """A passkey was added or removed."""
    at = formatting.moment(LANGUAGE, about.at)
    added = about.event == "added"
    return EmailContent(
        language=LANGUAGE,
        subject=f"आपके {site} खाते {'में पासकी जोड़ी गई' if added else 'से पासकी हटाई गई'}",
        heading="पासकी जोड़ी गई" if added else "पासकी हटाई गई",
        paragraphs=(
            f"{to(name)}{at} को आपके खाते में एक पासकी जोड़ी गई। इससे बिना पासवर्ड के साइन इन होता है।"
            if added
            else f"{to(name)}{at} को आपके खाते से एक पासकी हटाई गई। अब उससे साइन इन नहीं होगा।",
            "अगर यह आपने नहीं किया, तो जो पासकी आपकी नहीं हैं उन्हें हटाएँ, अपना पासवर्ड बदलें और बाकी सत्र समाप्त करें। नया पासवर्ड "
            "पासकी को नहीं हटाता।",
        ),
        details=(("समय", at),),
        action=("अपनी पासकी देखें", f"{url}/settings/profile"),
    )
