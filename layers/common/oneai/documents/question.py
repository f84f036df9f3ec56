"""The vector of a question, if it can be had in time: where it cannot, words alone answer."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from oneai import log, settings
from oneai.documents.embedding import EmbeddingSettings
from oneai.documents.embedding_request import embed, embedding_models, price, usage
from oneai.errors import OneAIError
from oneai.models import Model
from oneai.models.embeddings import UpstreamBill
from oneai.postgres import db
from oneai.postgres.db import Principal

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


async def embed_question(
    text: str, record: Callable[[QuestionVector], Awaitable[None]] | None = None
) -> QuestionVector:
    """The question's vector by the model that was last found in use; without one, its vector is None. A request that
    has no answer in time is given up, and costs what it was estimated at.

    `record` gets the question, also where the caller is cancelled meanwhile: what was sent is billed. Raises only what
    `record` raises.
    """
    name = _model_in_use()
    bill, model, vector = UpstreamBill(), None, None
    try:
        async with asyncio.timeout(QUESTION_SECONDS):
            model = (await embedding_models()).get(name)
            (vector,) = await embed(name, [text], bill)
    except (OneAIError, TimeoutError) as error:
        log.warning("a question is answered by words alone", model=name, reason=type(error).__name__)
    finally:
        question = QuestionVector(name, vector, _usage(name, text, model, bill, is_complete=vector is not None))
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


def _usage(
    name: str, text: str, model: Model | None, bill: UpstreamBill, *, is_complete: bool
) -> dict[str, Any] | None:
    cost = usage(model, [text], bill)
    if cost is None:
        return None
    return {
        **vars(cost),
        "outcome": "complete" if is_complete else "failed",
        "model_asked": name,
        "model": bill.model,
        "generation_id": bill.generation_id,
        "openrouter_key": bill.key_id,
        "price_version": model.price_version if model else "unknown",
    }


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
