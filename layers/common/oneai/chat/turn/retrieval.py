"""Passages of the documents a question is asked about: found once for all its answers, quoted in the prompt, and named
as the sources of each answer."""

import asyncio
import json
from typing import Any
from uuid import UUID

from oneai.chat.turn.passages import find_passages
from oneai.passages import Passage
from oneai.postgres import db
from oneai.postgres.db import Principal

# The maximum that passages add to a prompt, in bytes as sent, for which `oneai.admit` reserves tokens.
PASSAGES_BYTES = 24_000
# Passages use at most half of the prompt tokens that a model and a plan allow.
BYTES_PER_TOKEN = 3


class Retrieval:
    """The documents of one question, and the passages found in them.

    `documents` and `collections` are those that were admitted, `input_tokens` the least that a model of the question
    takes. The search is a part of the first answer, `answer_id`, which `own_key` pays if it is set. `by_words`:
    nothing is embedded for it.
    """

    def __init__(
        self,
        principal: Principal,
        question: str,
        documents: list[UUID],
        collections: list[UUID],
        input_tokens: int,
        *,
        answer_id: UUID,
        own_key: dict[str, Any] | None = None,
        by_words: bool = False,
    ) -> None:
        self._principal = principal
        self._answer_id, self._own_key, self._by_words = answer_id, own_key, by_words
        self._question = question
        self._documents = documents
        self._collections = collections
        self._max_bytes = min(PASSAGES_BYTES, input_tokens * BYTES_PER_TOKEN // 2)
        self._finding: asyncio.Task[list[Passage]] | None = None

    async def passages(self) -> list[Passage]:
        """The passages, found once for all answers that wait for them. Raises Busy."""
        if self._finding is None:
            self._finding = asyncio.create_task(
                find_passages(
                    self._principal,
                    self._question,
                    self._documents,
                    self._collections,
                    self._max_bytes,
                    answer_id=self._answer_id,
                    own_key=self._own_key,
                    by_words=self._by_words,
                )
            )
        return await asyncio.shield(self._finding)


async def store_sources(message_id: UUID, found: list[dict[str, Any]]) -> None:
    """Stores the sources of an answer that is being written, for those who follow it elsewhere, and counts the use of
    their documents. Raises Busy."""
    await db.as_service(
        """
        with used as (
          update oneai.documents set answers = answers + 1, last_used_at = oneai.now() where id = any(%s::uuid[])
        )
        update oneai.chat_messages set metadata = metadata || jsonb_build_object('sources', %s::jsonb)
        where id = %s and state = 'streaming'
        """,
        [list({each["document_id"] for each in found}), json.dumps(found, ensure_ascii=False), message_id],
        dict,
    )
