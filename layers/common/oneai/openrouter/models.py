"""The catalogue: every model OpenRouter offers, with prices one can calculate with."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Pricing = Literal["plain", "tiered", "variable", "missing"]


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalogue; prices are USD per token, None when missing, negative or unreadable."""

    id: str
    canonical_slug: str
    name: str
    created: int
    context_length: int
    max_completion_tokens: int | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    prompt_price: Decimal | None
    completion_price: Decimal | None
    pricing: Pricing
    price_version: str
    supported_parameters: tuple[str, ...]


async def list_models() -> tuple[Model, ...]:
    """All models in upstream's order: cached five minutes, served stale when upstream cannot be asked."""
    raise NotImplementedError
