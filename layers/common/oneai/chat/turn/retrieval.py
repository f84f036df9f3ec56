"""Passages of the documents a question is asked about: found once for all its answers, quoted in the prompt, and named
as the sources of each answer."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from oneai.chat.turn.passages import Passage, find_passages, heading
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import cut

# The maximum that passages add to a prompt, in bytes as sent, for which `oneai.admit` reserves tokens.
PASSAGES_BYTES = 24_000
# Passages use at most half of the prompt tokens that a model and a plan allow.
BYTES_PER_TOKEN = 3
SNIPPET_CHARACTERS = 300
# Below this share of its letters a document counts as partially read (`oneai.documents`, whose import is slow).
COMPLETE_SHARE = 0.98


class Retrieval:
    """The documents of one question, and the passages found in them.

    `documents` and `collections` are those that were admitted, `input_tokens` the least that a model of the question
    takes.
    """

    def __init__(
        self, principal: Principal, question: str, documents: list[UUID], collections: list[UUID], input_tokens: int
    ) -> None:
        self._principal = principal
        self._question = question
        self._documents = documents
        self._collections = collections
        self._max_bytes = min(PASSAGES_BYTES, input_tokens * BYTES_PER_TOKEN // 2)
        self._finding: asyncio.Task[list[Passage]] | None = None

    async def passages(self) -> list[Passage]:
        """The passages, found once for all answers that wait for them. Raises Busy."""
        if self._finding is None:
            self._finding = asyncio.create_task(
                find_passages(self._principal, self._question, self._documents, self._collections, self._max_bytes)
            )
        return await asyncio.shield(self._finding)


def sources(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """The passages as the event `sources` and an answer's metadata have them; `n` is the number in the prompt. Of a
    document that was read in part they say which share was."""
    return [
        {
            "n": n,
            "document_id": str(passage.document_id),
            "name": passage.name,
            "page": passage.page,
            "heading": heading(passage),
            "snippet": _snippet(passage.content),
            **_incomplete(passage.text_share),
        }
        for n, passage in enumerate(passages, start=1)
    ]


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


def _incomplete(share: float | None) -> dict[str, float]:
    return {"text_share": int(share * 100) / 100} if share is not None and share < COMPLETE_SHARE else {}


def _snippet(content: str) -> str:
    """The start of the content, on one line."""
    text = " ".join(content[: SNIPPET_CHARACTERS * 2].split())
    return text if len(text) <= SNIPPET_CHARACTERS else cut(text, SNIPPET_CHARACTERS - 1).rsplit(" ", 1)[0] + "…"
