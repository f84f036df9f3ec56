"""The base addresses of providers' APIs, which are settings.

`OPENAI_BASE_URL` and its siblings may be written as each provider's own library has them, with the version or without
it.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from oneai import settings
from oneai.models.endpoint import ProviderName


@dataclass(frozen=True, slots=True)
class ProviderAddresses:
    """The addresses that are set."""

    openrouter_base_url: str = "https://openrouter.ai/api/v1"
    openai_base_url: str = "https://api.openai.com/v1"
    anthropic_base_url: str = "https://api.anthropic.com"
    gemini_base_url: str = "https://generativelanguage.googleapis.com"
    replicate_base_url: str = "https://api.replicate.com"


# The versions that our clients speak, of providers whose libraries have them in no base address.
_VERSIONS: dict[ProviderName, str] = {"anthropic": "/v1", "gemini": "/v1beta", "replicate": "/v1"}


def base_url_of(provider: ProviderName, own: str | None = None) -> str:
    """Where the provider is asked, with the version and without a slash at the end. `own` is the address of a custom
    provider, as its owner wrote it. Raises ValueError for a custom provider without one."""
    if provider == "custom":
        if own is None:
            raise ValueError("a custom provider has an address of its own")
        return own.rstrip("/")
    addresses = settings.read(ProviderAddresses)
    given: dict[ProviderName, str] = {
        "openrouter": addresses.openrouter_base_url,
        "openai": addresses.openai_base_url,
        "anthropic": addresses.anthropic_base_url,
        "gemini": addresses.gemini_base_url,
        "replicate": addresses.replicate_base_url,
    }
    address, version = given[provider].rstrip("/"), _VERSIONS.get(provider, "")
    if provider == "openai" and not urlsplit(address).path:
        version = "/v1"  # its library has the version, and no server of its kind has its API at the root
    return address if address.endswith(version) else address + version
