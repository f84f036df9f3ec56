"""The providers that a workspace may have a key for, and where they are asked."""

from dataclasses import dataclass
from typing import Literal, get_args

from oneai import settings

Provider = Literal["openrouter", "openai", "anthropic", "gemini", "replicate", "custom"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)

# As people know them.
NAMES: dict[str, str] = {
    "openrouter": "OpenRouter",
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "gemini": "Google Gemini",
    "replicate": "Replicate",
    "custom": "custom provider",
}


@dataclass(frozen=True)
class ProviderAddresses:
    """The addresses of providers' APIs, without a slash at the end."""

    openrouter_base_url: str = "https://openrouter.ai/api/v1"
    openai_base_url: str = "https://api.openai.com/v1"
    anthropic_base_url: str = "https://api.anthropic.com"
    gemini_base_url: str = "https://generativelanguage.googleapis.com"
    replicate_base_url: str = "https://api.replicate.com"


def base_url_of(provider: Provider, own: str | None) -> str:
    """Where the provider is asked: `own` is the address that a custom provider's row has. Raises ValueError for a
    custom provider without one."""
    if provider == "custom":
        if own is None:
            raise ValueError("a custom provider has an address of its own")
        return own
    addresses = settings.read(ProviderAddresses)
    return {
        "openrouter": addresses.openrouter_base_url,
        "openai": addresses.openai_base_url,
        "anthropic": addresses.anthropic_base_url,
        "gemini": addresses.gemini_base_url,
        "replicate": addresses.replicate_base_url,
    }[provider].rstrip("/")
