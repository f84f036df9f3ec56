"""Passages of documents for a question: all chunks of short documents, else those that match the question best.

`oneai.documents` is imported when it is needed: most questions have no documents, and a cold start should not pay for
it.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from oneai.passages import MAX_PASSAGES, Passage, fitting
from oneai.postgres import db
from oneai.postgres.db import Principal

if TYPE_CHECKING:
    from oneai.documents.question import OwnKeyEmbedder


async def find_passages(
    principal: Principal,
    question: str,
    documents: list[UUID],
    collections: list[UUID],
    max_bytes: int,
    *,
    answer_id: UUID | None = None,
    own_key: dict[str, Any] | None = None,
    by_words: bool = False,
) -> list[Passage]:
    """What to answer `question` with, of these documents and those in these collections that the user may read:
    at most MAX_PASSAGES, and at most `max_bytes` as `quoted` writes them, serialised. The search is a part of the
    answer `answer_id`; `own_key`, as `oneai.way_of_key` returns it, pays that. `by_words`: nothing is embedded for it.

    Short documents come whole, in their order, in one round trip; others by their rank, in two more. What the rank is
    made of: `oneai.documents.search`. Raises Busy.
    """
    whole = await _whole(principal, documents, collections, max_bytes)
    if whole and len(fitting(whole, max_bytes)) == len(whole):
        return whole
    from oneai.documents.search import search

    found = await search(
        principal,
        question,
        documents=documents,
        collections=collections,
        limit=MAX_PASSAGES,
        answer_id=answer_id,
        own_key=None if own_key is None else _embedder(own_key),
        by_words=by_words,
    )
    passages = (
        Passage(each.document_id, each.ordinal, each.name, each.page, each.heading, each.content, each.text_share)
        for each in found.items
    )
    return fitting(passages, max_bytes)


async def _whole(principal: Principal, documents: list[UUID], collections: list[UUID], max_bytes: int) -> list[Passage]:
    """All chunks of these documents; empty if they are more than MAX_PASSAGES or longer than `max_bytes`."""
    return await db.read_as(
        principal,
        """
        with asked as (
          select d.id, d.name, d.created_at, d.text_share from oneai.documents as d
          where d.status in ('embedding', 'ready') and (d.id = any(%s) or d.collection_id = any(%s))
        ), sized as (
          select count(*) as passages, coalesce(sum(octet_length(c.content)), 0) as bytes from (
            select b.content from asked cross join lateral (
              select k.content from oneai.document_chunks as k where k.document_id = asked.id
              order by k.ordinal limit %s) as b
            limit %s) as c
        )
        select c.document_id, c.ordinal, a.name, c.page, c.heading, c.content, a.text_share
        from asked as a join oneai.document_chunks as c on c.document_id = a.id
        where (select passages <= %s and bytes <= %s from sized)
        order by a.created_at, a.id, c.ordinal
        """,
        [documents, collections, MAX_PASSAGES + 1, MAX_PASSAGES + 1, MAX_PASSAGES, max_bytes],
        Passage,
    )


def _embedder(row: dict[str, Any]) -> "OwnKeyEmbedder":
    from oneai.chat.turn.own_key import KeyEmbedder

    return KeyEmbedder(row)
