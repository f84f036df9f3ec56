"""The mails about the account in English. `hi_account.py` has the same functions in Hindi."""

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent
from oneai.notifications.locales.en_plans import to
from oneai.notifications.payloads import (
    AccountDeletion,
    ApiKeyLeaked,
    DataExport,
    PasskeyChange,
    ProviderKeyLeaked,
)
from oneai.provider_keys.providers import NAMES

LANGUAGE = "en"


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
        subject=f"Your {site} account will be deleted",
        heading="Your account will be deleted",
        paragraphs=(
            to(name, f"you asked us to delete your account. It is closed now and will be erased on {until}."),
            "You can sign in and restore it until then. Your plan will not be charged again. "
            "The law requires us to keep invoices and payments.",
            "If this was not you, sign in, restore the account and change your password.",
        ),
        details=(("Erased on", until),),
        action=("Restore the account", f"{url}/settings/account"),
    )


def data_export(about: DataExport, name: str, site: str, url: str) -> EmailContent:
    """The export of all data of the account is ready."""
    until = formatting.moment(LANGUAGE, about.expires_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your {site} data is ready",
        heading="Your data is ready",
        paragraphs=(
            to(name, "the export of your account that you requested is ready to download."),
            f"The link asks you to sign in and works until {until}. If you did not request an export, change your "
            "password.",
        ),
        details=(("Available until", until),),
        action=("Download your data", f"{url}/settings/data?export={about.export_id}"),
    )


def api_key_leaked(about: ApiKeyLeaked, name: str, site: str, url: str) -> EmailContent:
    """A key was found in public and revoked."""
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your {site} API key was found in public and revoked",
        heading="An API key was revoked",
        paragraphs=(
            to(
                name,
                f"your API key “{about.key_name}” was found where others can read it, so we revoked it immediately.",
            ),
            "Programs that use it no longer work. Please check what the key was used for, remove it from where it was "
            "found, and create a new one.",
        ),
        details=(("Key", about.key_name), ("Secret", about.hint)),
        action=("See your API keys", f"{url}/settings/api-keys"),
    )


def provider_key_leaked(about: ProviderKeyLeaked, name: str, site: str, url: str) -> EmailContent:
    """A key for a provider was found in public, and our copy of it was deleted."""
    provider = NAMES[about.provider]
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your {provider} key was found in public",
        heading="A key for a model provider is no longer used",
        paragraphs=(
            to(
                name,
                f"your {provider} key “{about.key_name}” was found where others can read it. "
                f"{site} no longer uses it and has deleted its copy.",
            ),
            f"Others can still use the key. Please revoke it at {provider} now, check there what it was used for, and "
            "enter a new one.",
        ),
        details=(("Key", about.key_name), ("Ends in", about.last4)),
        action=("See your keys", f"{url}/settings/provider-keys"),
    )


def passkey_change(about: PasskeyChange, name: str, site: str, url: str) -> EmailContent:
    """A passkey was added or removed."""
    at = formatting.moment(LANGUAGE, about.at)
    added = about.event == "added"
    return EmailContent(
        language=LANGUAGE,
        subject=f"A passkey was {'added to' if added else 'removed from'} your {site} account",
        heading="A passkey was added" if added else "A passkey was removed",
        paragraphs=(
            to(
                name,
                f"a passkey was added to your account on {at}. It signs in without your password."
                if added
                else f"a passkey was removed from your account on {at}. It no longer signs in.",
            ),
            "If this was not you, remove the passkeys that you do not know, change your password and end your other "
            "sessions. A new password does not remove passkeys.",
        ),
        details=(("When", at),),
        action=("See your passkeys", f"{url}/settings/profile"),
    )
