"""Where each provider is asked: its base address, with the version of its API."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from oneai import settings
from oneai.models.endpoint import ProviderName

# What an address without a version is completed with. The providers' own libraries write Anthropic's and Gemini's
# without one, and OpenAI's with one.
_VERSIONS: dict[ProviderName, str] = {"openai": "/v1", "anthropic": "/v1", "gemini": "/v1beta", "replicate": "/v1"}
_VERSIONED = re.compile(r"/v\d+(alpha|beta)?$")


@dataclass(frozen=True, slots=True)
class ProviderAddresses:
    """The addresses of providers' APIs."""

    openrouter_base_url: str = "https://openrouter.ai/api/v1"
    openai_base_url: str = "https://api.openai.com/v1"
    anthropic_base_url: str = "https://api.anthropic.com"
    gemini_base_url: str = "https://generativelanguage.googleapis.com"
    replicate_base_url: str = "https://api.replicate.com"


def address_of(provider: ProviderName) -> str:
    """The base address of a provider, with its version and without a slash at the end. A custom provider's is in its
    row, so LookupError is raised for it."""
    config = settings.read(ProviderAddresses)
    addresses: dict[ProviderName, str] = {
        "openrouter": config.openrouter_base_url,
        "openai": config.openai_base_url,
        "anthropic": config.anthropic_base_url,
        "gemini": config.gemini_base_url,
        "replicate": config.replicate_base_url,
    }
    address = addresses[provider].rstrip("/")
    version = _VERSIONS.get(provider)
    if version is None or _VERSIONED.search(urlsplit(address).path):
        return address
    return address + version
