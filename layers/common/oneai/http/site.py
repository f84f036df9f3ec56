"""The address of the site, to which the API redirects and nowhere else."""

from dataclasses import dataclass

from oneai import settings
from oneai.settings import SettingsError


@dataclass(frozen=True)
class SiteSettings:
    """`site_url` is the frontend's address."""

    site_url: str = ""


def site_address() -> str:
    """The site's address without a slash at its end. Raises SettingsError where it is not set."""
    address = settings.read(SiteSettings).site_url.rstrip("/")
    if not address:
        raise SettingsError("The setting SITE_URL is missing.")
    return address
