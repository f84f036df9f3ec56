"""The stand-in's models: realistic ones, then the scenarios, then the recordings.

The first model is small and plain, for a chat that names no model.
"""

from decimal import Decimal
from typing import Any

CREATED = 1_790_000_000
# Of one search of the web with up to ten results by OpenRouter's engine:
# https://openrouter.ai/docs/guides/features/server-tools/web-search
USD_PER_SEARCH = Decimal("0.007")
PLAIN_PRICE = {"prompt": "0.0000002", "completion": "0.0000008"}


def _model(
    id: str,
    name: str,
    pricing: dict[str, Any],
    *,
    slug: str | None = None,
    context: int = 128_000,
    served_context: int | None = None,
    most: int | None = 16_384,
    reads: tuple[str, ...] = ("text",),
    writes: tuple[str, ...] = ("text",),
    reasons: bool = False,
    calls_tools: bool = True,
    is_sampled: bool = True,
) -> dict[str, Any]:
    parameters = ["frequency_penalty", "max_tokens", "presence_penalty", "seed", "stop"]
    if is_sampled:
        parameters += ["temperature", "top_p"]
    if reasons:
        parameters += ["include_reasoning", "reasoning"]
    if calls_tools and writes == ("text",):
        parameters += ["response_format", "structured_outputs", "tool_choice", "tools"]
    return {
        "id": id,
        "canonical_slug": slug or id,
        "hugging_face_id": "",
        "name": name,
        "created": CREATED,
        "description": f"{name}, as the local stand-in plays it.",
        "context_length": context,
        "architecture": {
            "modality": f"{'+'.join(reads)}->{'+'.join(writes)}",
            "input_modalities": list(reads),
            "output_modalities": list(writes),
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": pricing,
        "top_provider": {
            "context_length": served_context or context,
            "max_completion_tokens": most,
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": sorted(parameters),
        "default_parameters": {"temperature": None, "top_p": None, "frequency_penalty": None},
        "knowledge_cutoff": None,
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{slug or id}/endpoints"},
    }


def _usd(prompt: str, completion: str) -> dict[str, Any]:
    """Prices as the catalogue writes them (decimal strings, USD per token) from USD per million."""
    return {key: f"{Decimal(price) / 1_000_000:f}" for key, price in (("prompt", prompt), ("completion", completion))}


REALISTIC: list[dict[str, Any]] = [
    _model(
        "openai/gpt-4.1-mini",
        "OpenAI: GPT-4.1 Mini",
        _usd("0.40", "1.60"),
        slug="openai/gpt-4.1-mini-2025-04-14",
        context=1_047_576,
        most=32_768,
        reads=("text", "image", "file"),
    ),
    _model(
        "openai/text-embedding-3-small",
        "OpenAI: Text Embedding 3 Small",
        _usd("0.02", "0"),
        context=8192,
        most=None,
        writes=("embeddings",),
    ),
    _model(
        "openai/text-embedding-3-large",
        "OpenAI: Text Embedding 3 Large",
        _usd("0.13", "0"),
        context=8192,
        most=None,
        writes=("embeddings",),
    ),
    _model(
        "google/gemini-2.5-flash-lite",
        "Google: Gemini 2.5 Flash Lite",
        _usd("0.10", "0.40"),
        context=1_048_576,
        most=65_535,
        reads=("text", "image", "file", "audio"),
        reasons=True,
    ),
    _model("meta-llama/llama-3.3-70b-instruct", "Meta: Llama 3.3 70B Instruct", _usd("0.13", "0.40"), context=131_072),
    _model(
        "meta-llama/llama-3.3-70b-instruct:free",
        "Meta: Llama 3.3 70B Instruct (free)",
        {"prompt": "0", "completion": "0"},
        slug="meta-llama/llama-3.3-70b-instruct",
        context=65_536,
        most=None,
    ),
    _model(
        "deepseek/deepseek-r1",
        "DeepSeek: R1",
        {**_usd("0.50", "2.15"), "internal_reasoning": "0"},
        context=163_840,
        most=32_768,
        reasons=True,
    ),
    _model("gryphe/mythomax-l2-13b", "MythoMax 13B", _usd("0.06", "0.06"), context=4096, most=1024, calls_tools=False),
    _model(
        "openai/gpt-4.1",
        "OpenAI: GPT-4.1",
        _usd("2", "8"),
        slug="openai/gpt-4.1-2025-04-14",
        context=1_047_576,
        most=32_768,
        reads=("text", "image", "file"),
    ),
    _model(
        "anthropic/claude-sonnet-4.5",
        "Anthropic: Claude Sonnet 4.5",
        {
            **_usd("3", "15"),
            "web_search": "0.01",
            "input_cache_read": "0.0000003",
            "input_cache_write": "0.00000375",
            "overrides": [{"min_prompt_tokens": 200_000, **_usd("6", "22.5"), "input_cache_read": "0.0000006"}],
        },
        slug="anthropic/claude-4.5-sonnet-20250929",
        context=1_000_000,
        served_context=200_000,
        most=64_000,
        reads=("text", "image", "file"),
        reasons=True,
    ),
    _model(
        "anthropic/claude-opus-4.5",
        "Anthropic: Claude Opus 4.5",
        _usd("5", "25"),
        slug="anthropic/claude-4.5-opus-20251124",
        context=200_000,
        most=32_000,
        reads=("text", "image", "file"),
        reasons=True,
    ),
    _model("openai/o1-pro", "OpenAI: o1-pro", _usd("150", "600"), context=200_000, most=100_000, reasons=True),
    _model("openrouter/auto", "Auto Router", {"prompt": "-1", "completion": "-1"}, context=2_000_000, most=None),
    _model("mistralai/mistral-next-preview", "Mistral: Next (preview)", {"prompt": "0.0000002"}, context=32_768),
    _model(
        "google/gemini-2.5-flash-image",
        "Google: Gemini 2.5 Flash Image",
        {**_usd("0.30", "2.50"), "image_output": "0.00003"},
        context=32_768,
        most=8192,
        reads=("text", "image"),
        writes=("image", "text"),
    ),
]


def scenario_model(id: str, *, context: int = 128_000) -> dict[str, Any]:
    """The entry of a scenario or a recording: small, plain, cheap."""
    is_sampled = id != "local/no-temperature"
    return _model(
        id, f"Stand-in: {id}", dict(PLAIN_PRICE), context=context, reasons="reasoning" in id, is_sampled=is_sampled
    )


def price(
    model: dict[str, Any],
    prompt_tokens: int,
    completion_tokens: int,
    searches: int = 0,
    *,
    cached: int = 0,
    written: int = 0,
) -> Decimal:
    """The cost of a completion by the model's own (first tier) prices, 0 if they are not fixed, and of its searches.
    Of the prompt, `cached` tokens were read from a cache and `written` ones written to it."""
    pricing = model["pricing"]
    prompt, completion = (max(Decimal(pricing.get(key, "0")), Decimal(0)) for key in ("prompt", "completion"))
    read, write = (Decimal(pricing.get(f"input_cache_{key}", prompt)) for key in ("read", "write"))
    cost = prompt * (prompt_tokens - cached - written) + read * cached + write * written
    return cost + completion * completion_tokens + USD_PER_SEARCH * searches


# Closing the connection stops the model, and its cost, at some providers only.
PROVIDERS = {
    "openai": ("OpenAI", True),
    "anthropic": ("Anthropic", True),
    "deepseek": ("DeepSeek", True),
    "google": ("Google AI Studio", False),
    "meta-llama": ("Groq", False),
    "mistralai": ("Mistral", False),
}


def provider(id: str) -> tuple[str, bool]:
    """The model's provider, and whether closing the connection stops the model there."""
    return PROVIDERS.get(id.split("/", 1)[0], ("Together", True))
