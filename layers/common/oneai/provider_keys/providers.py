"""The providers that a workspace may have a key for, and where they are asked."""

from typing import Literal, get_args

from oneai.models.provider_addresses import address_of

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


def base_url_of(provider: Provider, own: str | None) -> str:
    """Where the provider is asked, with the version of its API: `own` is the address that a custom provider's row has.
    Raises ValueError for a custom provider without one."""
    if provider == "custom":
        if own is None:
            raise ValueError("a custom provider has an address of its own")
        return own
    return address_of(provider)
