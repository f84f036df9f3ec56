"""Records what preparing an answer of a chatbot cost."""

import asyncio
import json
from typing import Any, Literal
from uuid import UUID, uuid4

from oneai import log
from oneai.errors import OneAIError
from oneai.postgres import db


async def record(
    chatbot_id: UUID,
    purpose: Literal["document_embedding", "rewriting"],
    usage: dict[str, Any],
    *,
    answer_id: UUID | None,
    user_id: UUID | None,
) -> None:
    """Adds a step of the preparation to the ledger, and to what `answer_id` counts in the chatbot's budget; in a
    preview by `user_id` to that answer's own cost. Failing to is logged.

    It is recorded also where the caller is cancelled meanwhile, and the caller goes on only then: so an answer that its
    visitor stops is settled with it.
    """
    recording = asyncio.create_task(_record(chatbot_id, purpose, usage, answer_id, user_id))
    try:
        await asyncio.shield(recording)
    except asyncio.CancelledError:
        await recording
        raise


async def _record(
    chatbot_id: UUID, purpose: str, usage: dict[str, Any], answer_id: UUID | None, user_id: UUID | None
) -> None:
    try:
        await db.call(
            "select oneai.record_chatbot_preparation(%s, %s, %s, %s, %s, %s)",
            [chatbot_id, uuid4(), purpose, json.dumps(usage, ensure_ascii=False), answer_id, user_id],
        )
    except OneAIError:
        log.exception("what preparing a chatbot's answer cost was not recorded", purpose=purpose)
