"""The address of the site, the only redirect target of the API."""

from dataclasses import dataclass

from oneai import settings
from oneai.settings import SettingsError


@dataclass(frozen=True)
class SiteSettings:
    """`site_url` is the frontend's address."""

    site_url: str = ""


def site_address() -> str:
    """The site's address without a trailing slash. Raises SettingsError if it is not set."""
    address = settings.read(SiteSettings).site_url.rstrip("/")
    if not address:
        raise SettingsError("The setting SITE_URL is missing.")
    return address
