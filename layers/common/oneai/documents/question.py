"""The vector of a question, if it can be had in time: where it cannot, words alone answer."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID, uuid4

from oneai import log, settings
from oneai.documents.embedding import EmbeddingSettings
from oneai.documents.embedding_request import embed, embedding_models, price, usage
from oneai.errors import OneAIError
from oneai.models.embeddings import UpstreamBill
from oneai.postgres import db
from oneai.postgres.db import Principal

if TYPE_CHECKING:
    from oneai.models.own_key_routes import KeyRoute

# Words answer at once; who waits for the meaning as well should not notice.
QUESTION_SECONDS = 2.0
# The model in use where it is not the one of the settings: while all is embedded again.
_in_use: str | None = None


@dataclass(frozen=True)
class QuestionVector:
    """The vector as text, or None, of a model; and what it cost, None where no request was sent."""

    model: str
    vector: str | None
    usage: dict[str, Any] | None = None


class OwnKeyEmbedder(Protocol):
    """Embeds with a workspace's own key, which pays the answer."""

    @property
    def key_id(self) -> str:
        """The key's id."""

    async def route(self, model: str) -> "KeyRoute | None":
        """The way to this model; None where the key's provider does not have it. Raises UpstreamUnavailable."""

    async def create(self, route: "KeyRoute", request: dict[str, Any], bill: UpstreamBill) -> list[str]:
        """The vectors, as `providers.create_embeddings` returns them."""


async def embed_question(
    text: str,
    record: Callable[[QuestionVector], Awaitable[None]] | None = None,
    *,
    own_key: OwnKeyEmbedder | None = None,
) -> QuestionVector:
    """The question's vector by the model that was last found in use; without one, its vector is None. A request that
    has no answer in time is given up, and costs what it was estimated at. `own_key` asks instead of the operator's key;
    where its provider does not have the model, nothing is asked.

    `record` gets the question, also where the caller is cancelled meanwhile: what was sent is billed. Raises only what
    `record` raises.
    """
    name = _model_in_use()
    asked, vector = _Asked(name, UpstreamBill(), None if own_key is None else own_key.key_id), None
    try:
        async with asyncio.timeout(QUESTION_SECONDS):
            vector = await (_by_operator(asked, text) if own_key is None else _by_own_key(asked, text, own_key))
    except (OneAIError, TimeoutError) as error:
        log.warning("a question is answered by words alone", model=name, reason=type(error).__name__)
    finally:
        question = QuestionVector(name, vector, asked.usage(text, is_complete=vector is not None))
        if record is not None:
            await record(question)
    return question


async def max_cost(max_bytes: int) -> int:
    """The most that the vector of a question of at most this many bytes may cost, in micro-dollars. It includes a
    second vector, for where another model turns out to be in use. Raises UpstreamUnavailable."""
    models = await embedding_models()
    names = {_model_in_use(), settings.read(EmbeddingSettings).embedding_model}
    # No token is shorter than a byte.
    return 2 * math.ceil(max_bytes * max(price(models.get(name)) for name in names))


def _model_in_use() -> str:
    return _in_use or settings.read(EmbeddingSettings).embedding_model


@dataclass
class _Asked:
    """A request for a vector, and what it may be billed at: micro-dollars per token."""

    model: str
    bill: UpstreamBill
    key_id: str | None = None
    provider: str | None = None
    token_price: Decimal = Decimal(0)
    price_version: str = "unknown"

    def usage(self, text: str, *, is_complete: bool) -> dict[str, Any] | None:
        """As `oneai.record_embedding_usage` takes it; None where no request was sent."""
        cost = usage(self.token_price, [text], self.bill)
        if cost is None:
            return None
        return {
            **vars(cost),
            "outcome": "complete" if is_complete else "failed",
            "model_asked": self.model,
            "model": self.bill.model,
            "provider": self.provider,
            # Of an own key's request only its owner can read the statistics.
            "generation_id": self.bill.generation_id if self.key_id is None else None,
            "openrouter_key": self.bill.key_id,
            "provider_key": self.key_id,
            "price_version": self.price_version,
        }


async def _by_operator(asked: _Asked, text: str) -> str:
    model = (await embedding_models()).get(asked.model)
    asked.token_price = price(model)
    asked.price_version = model.price_version if model else "unknown"
    (vector,) = await embed(asked.model, [text], asked.bill)
    return vector


async def _by_own_key(asked: _Asked, text: str, own_key: OwnKeyEmbedder) -> str | None:
    route = await own_key.route(asked.model)
    if route is None:
        return None
    asked.provider, asked.price_version = route.provider, route.price_version
    asked.token_price = Decimal(0) if route.prices is None else route.prices.prompt
    (vector,) = await embed(asked.model, [text], asked.bill, by_own_key=partial(own_key.create, route))
    return vector


def is_in_use(question: QuestionVector, model: str) -> bool:
    """Whether `model`, which the database says is in use, is the question's; later questions are asked of it."""
    global _in_use
    _in_use = model
    return question.model == model


async def record_usage(principal: Principal, question: QuestionVector, answer_id: UUID | None = None) -> None:
    """Adds what the question's vector cost to the ledger, and to the answer `answer_id`, if credits pay that. Failing
    to is logged."""
    if question.usage is None:
        return
    try:
        await db.call(
            "select oneai.record_embedding_usage(%s, %s, %s, %s, %s)",
            [principal.user_id, principal.workspace_id, uuid4(), json.dumps(question.usage), answer_id],
        )
    except OneAIError:
        log.exception("what the embedding of a question cost was not recorded")


def reset_cache() -> None:
    """Forgets which model was last found in use."""
    global _in_use
    _in_use = None
