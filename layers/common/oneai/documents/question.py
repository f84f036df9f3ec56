"""The vector of a question, if it is available in time; otherwise words alone answer."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from oneai import log, settings
from oneai.documents.embedding import EmbeddingSettings
from oneai.documents.embedding_request import WrongLength, embed
from oneai.errors import OneAIError
from oneai.postgres import db
from oneai.postgres.db import Person

# Words answer immediately; waiting for the vector too should not be noticeable.
QUESTION_SECONDS = 2.0
# The model in use if it is not the one of the settings, while all documents are embedded again.
_in_use: str | None = None


@dataclass(frozen=True)
class QuestionVector:
    """The vector as text, or None, by a model; and its usage."""

    model: str
    vector: str | None
    usage: dict[str, Any] | None = None


async def embed_question(text: str) -> QuestionVector:
    """The question's vector by the model that was last found in use. Never raises; without a vector it is None."""
    model = _in_use or settings.read(EmbeddingSettings).embedding_model
    try:
        async with asyncio.timeout(QUESTION_SECONDS):
            embedded = await embed(model, [text])
        return QuestionVector(model, embedded.vectors[0], embedded.usage)
    except (OneAIError, TimeoutError) as error:
        log.warning("a question is answered without its vector", model=model, reason=type(error).__name__)
        return QuestionVector(model, None, error.usage if isinstance(error, WrongLength) else None)


def is_in_use(question: QuestionVector, model: str) -> bool:
    """Whether the database's `model` in use is the question's; later questions use it."""
    global _in_use
    _in_use = model
    return question.model == model


async def record_usage(person: Person, question: QuestionVector) -> None:
    """Adds the cost of the question's vector to the ledger; a failure is logged."""
    if question.usage is None:
        return
    try:
        await db.call(
            "select oneai.record_embedding_usage(%s, %s, %s)", [person.user_id, uuid4(), json.dumps(question.usage)]
        )
    except OneAIError:
        log.exception("the cost of a question's embedding was not recorded")


def reset_cache() -> None:
    """Resets which model was last found in use."""
    global _in_use
    _in_use = None
