"""Requests embeddings of our length, with their cost in the form that the ledger stores."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oneai import alerts
from oneai.errors import UpstreamError
from oneai.models import providers
from oneai.models.embeddings import Embeddings
from oneai.models.price import PER_MILLION
from oneai.token_estimate import estimate_tokens

# The length in the declaration of oneai.document_vectors.
DIMENSIONS = 1024


class WrongLength(UpstreamError):
    """The upstream's vectors are not of the length that was asked for; `usage` is what they cost."""

    def __init__(self, usage: dict[str, Any]) -> None:
        super().__init__()
        self.usage = usage


@dataclass(frozen=True)
class Embedded:
    """A vector for each text in Postgres' notation, and the usage for `oneai.record_embedding_usage`."""

    vectors: list[str]
    usage: dict[str, Any]


async def embed(model: str, texts: Sequence[str]) -> Embedded:
    """The vectors of `texts` (at most 100) by this model. Raises WrongLength, which alerts operators, and what
    `providers.create_embeddings` raises."""
    embeddings = await providers.create_embeddings({"model": model, "input": list(texts), "dimensions": DIMENSIONS})
    usage = await _usage(model, texts, embeddings)
    lengths = {len(vector) for vector in embeddings.vectors}
    if lengths != {DIMENSIONS} or not all(map(math.isfinite, (each for v in embeddings.vectors for each in v))):
        await alerts.raise_alert("embedding_length", model, lengths=sorted(lengths), wanted=DIMENSIONS)
        raise WrongLength({**usage, "outcome": "failed"})
    return Embedded([_as_text(vector) for vector in embeddings.vectors], usage)


async def _usage(model_id: str, texts: Sequence[str], embeddings: Embeddings) -> dict[str, Any]:
    """The upstream's usage, else an estimate by the catalogue's price."""
    model = next((each for each in await providers.list_models() if each.id == model_id), None)
    stated = embeddings.usage
    tokens = stated.prompt_tokens if stated and stated.prompt_tokens else sum(map(estimate_tokens, texts))
    cost = stated.cost_micro_usd if stated else None
    price = (model and model.prompt_price) or Decimal(0)
    return {
        "outcome": "complete",
        "model_asked": model_id,
        "model": embeddings.model,
        "generation_id": embeddings.generation_id,
        "openrouter_key": embeddings.key_id,
        "price_version": model.price_version if model else "unknown",
        "prompt_tokens": tokens,
        "cost_micro_usd": math.ceil(tokens * price * PER_MILLION) if cost is None else cost,
        "estimated": cost is None,
    }


def _as_text(vector: Sequence[float]) -> str:
    # A number of half precision has three digits.
    return f"[{','.join(f'{number:.5g}' for number in vector)}]"
