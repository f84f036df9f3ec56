"""Passages of documents that a question is answered with: all of short documents, else those that fit the question.

`oneai.documents` is imported when it is needed: most questions are about none, and a cold start should not pay for it.
"""

from dataclasses import dataclass
from uuid import UUID

from oneai.postgres import db
from oneai.postgres.db import Person

# How many passages of longer documents are looked for.
MOST_PASSAGES = 12


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of a document, which is named by its id and the chunk's number."""

    document_id: UUID
    ordinal: int
    name: str
    page: int | None
    heading: str | None
    content: str


async def find_passages(
    person: Person, question: str, documents: list[UUID], collections: list[UUID], most_bytes: int
) -> list[Passage]:
    """What to answer `question` with, of these documents and those in these collections that the person may read:
    at most `most_bytes` of UTF-8, names and headings not counted.

    Short documents come whole, in their order, in one round trip; others by their rank, in two more. What the rank is
    made of: `oneai.documents.search`. Raises Busy.
    """
    if whole := await _whole(person, documents, collections, most_bytes):
        return whole
    from oneai.documents.search import search

    found = await search(person, question, documents=documents, collections=collections, limit=MOST_PASSAGES)
    chosen: list[Passage] = []
    for each in found.items:
        most_bytes -= len(each.content.encode())
        if most_bytes >= 0:
            chosen.append(Passage(each.document_id, each.ordinal, each.name, each.page, each.heading, each.content))
    return chosen


async def _whole(person: Person, documents: list[UUID], collections: list[UUID], most_bytes: int) -> list[Passage]:
    """All chunks of these documents; none where they are longer, which the first chunks beyond the limit say."""
    return await db.read_as(
        person,
        """
        with asked as (
          select d.id, d.name, d.created_at from oneai.documents as d
          where d.status in ('embedding', 'ready') and (d.id = any(%s) or d.collection_id = any(%s))
        ), sized as (
          select coalesce(sum(octet_length(c.content)), 0) as bytes from (
            select b.content from asked cross join lateral (
              select k.content from oneai.document_chunks as k where k.document_id = asked.id
              order by k.ordinal limit %s) as b
            limit %s) as c
        )
        select c.document_id, c.ordinal, a.name, c.page, c.heading, c.content
        from asked as a join oneai.document_chunks as c on c.document_id = a.id
        where (select bytes from sized) <= %s
        order by a.created_at, a.id, c.ordinal
        """,
        [documents, collections, most_bytes, most_bytes, most_bytes],
        Passage,
    )
