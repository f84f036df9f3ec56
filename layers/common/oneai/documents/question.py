"""The vector of a question, if it can be had in time: where it cannot, words alone answer."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from oneai import log, settings
from oneai.documents.embedding import EmbeddingSettings
from oneai.documents.embedding_request import embed, embedding_models, usage
from oneai.errors import OneAIError
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


async def embed_question(text: str) -> QuestionVector:
    """The question's vector by the model that was last found in use. Never raises: without one, its vector is None. A
    request that has no answer in time is given up, and costs what it was estimated at."""
    name = _in_use or settings.read(EmbeddingSettings).embedding_model
    bill, model, vector = UpstreamBill(), None, None
    try:
        async with asyncio.timeout(QUESTION_SECONDS):
            model = (await embedding_models()).get(name)
            (vector,) = await embed(name, [text], bill)
    except (OneAIError, TimeoutError) as error:
        log.warning("a question is answered by words alone", model=name, reason=type(error).__name__)
    cost = usage(model, [text], bill)
    return QuestionVector(
        name,
        vector,
        None
        if cost is None
        else {
            **vars(cost),
            "outcome": "complete" if vector else "failed",
            "model_asked": name,
            "model": bill.model,
            "generation_id": bill.generation_id,
            "openrouter_key": bill.key_id,
            "price_version": model.price_version if model else "unknown",
        },
    )


def is_in_use(question: QuestionVector, model: str) -> bool:
    """Whether `model`, which the database says is in use, is the question's; later questions are asked of it."""
    global _in_use
    _in_use = model
    return question.model == model


async def record_usage(principal: Principal, question: QuestionVector) -> None:
    """Adds what the question's vector cost to the ledger; failing to is logged."""
    if question.usage is None:
        return
    try:
        await db.call(
            "select oneai.record_embedding_usage(%s, %s, %s, %s)",
            [principal.user_id, principal.workspace_id, uuid4(), json.dumps(question.usage)],
        )
    except OneAIError:
        log.exception("what the embedding of a question cost was not recorded")


def reset_cache() -> None:
    """Forgets which model was last found in use."""
    global _in_use
    _in_use = None
