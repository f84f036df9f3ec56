"""The providers that a workspace may have a key for."""

from typing import Literal, get_args

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
