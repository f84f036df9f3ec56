"""Requests embeddings of our length, with their cost in the form that the ledger stores."""

import math
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any

from oneai import alerts
from oneai.errors import UpstreamError
from oneai.models import Model, providers
from oneai.models.embeddings import UpstreamBill, decode_vector
from oneai.models.outcome import OutcomeUsage
from oneai.models.price import PER_MILLION
from oneai.token_estimate import estimate_tokens

type Create = Callable[[dict[str, Any], UpstreamBill], Awaitable[list[str]]]

# The length in the declaration of oneai.document_vectors.
DIMENSIONS = 1024


class WrongLength(UpstreamError):
    """The upstream's vectors are not of the length that was requested."""


async def embed(model: str, texts: Sequence[str], bill: UpstreamBill, *, by_own_key: Create | None = None) -> list[str]:
    """The vectors of `texts` (at most 100) by this model, in Postgres' notation. `by_own_key` asks with a workspace's
    own key instead of the operator's. Fills `bill`. Raises WrongLength, which alerts operators of what their key
    asked, and what `providers.create_embeddings` raises."""
    create = by_own_key or providers.create_embeddings
    encoded = await create({"model": model, "input": list(texts), "dimensions": DIMENSIONS}, bill)
    vectors = [decode_vector(each).tolist() for each in encoded]
    lengths = {len(vector) for vector in vectors}
    if lengths != {DIMENSIONS} or not all(map(math.isfinite, (each for v in vectors for each in v))):
        if by_own_key is None:
            await alerts.raise_alert("embedding_length", model, lengths=sorted(lengths), wanted=DIMENSIONS)
        raise WrongLength
    return [_as_text(vector) for vector in vectors]


async def embedding_models() -> dict[str, Model]:
    """The catalogue's models by id. Raises UpstreamUnavailable."""
    return {each.id: each for each in await providers.list_models()}


def price(model: Model | None) -> Decimal:
    """Micro-dollars per token of the prompt; 0 if the catalogue has no price."""
    return ((model and model.prompt_price) or Decimal(0)) * PER_MILLION


def usage(token_price: Decimal, texts: Sequence[str], bill: UpstreamBill) -> OutcomeUsage | None:
    """The tokens and cost of a request that may be billed, reported by the upstream or estimated; None if no
    request was sent. `token_price` is in micro-dollars, as `price` returns it."""
    if not bill.is_sent:
        return None
    stated = bill.usage
    tokens = stated.prompt_tokens if stated and stated.prompt_tokens else sum(map(estimate_tokens, texts))
    cost = stated.cost_micro_usd if stated else None
    return OutcomeUsage(
        prompt_tokens=tokens,
        completion_tokens=0,
        cost_micro_usd=math.ceil(tokens * token_price) if cost is None else cost,
        estimated=cost is None,
    )


def _as_text(vector: Sequence[float]) -> str:
    # A number of half precision has three digits.
    return f"[{','.join(f'{number:.5g}' for number in vector)}]"
