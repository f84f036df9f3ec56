"""Searches documents by words and by meaning: two lists of passages, joined by reciprocal ranks in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from oneai import cursors, settings
from oneai.conversations import search_query
from oneai.conversations.search_query import Term
from oneai.conversations.snippets import make_snippet
from oneai.documents.question import OwnKeyEmbedder, QuestionVector, embed_question, is_in_use, record_usage
from oneai.errors import Busy
from oneai.postgres import db
from oneai.postgres.db import Principal

# The length of a question; only the start of a longer one is searched.
MAX_CHARACTERS = 5000
TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True)
class DocumentSearchSettings:
    """Up to `exact_search_chunks` chunks, each is compared; with more chunks, those that the index finds nearby."""

    exact_search_chunks: int = 20_000


class Passage(BaseModel):
    """A chunk that matches the question; `rank` is comparable only within one search."""

    document_id: UUID
    ordinal: int
    name: str
    page: int | None
    heading: str | None
    snippet: str
    content: str
    text_share: float | None
    rank: float


@dataclass(frozen=True)
class Passages:
    """A page of passages, best first."""

    items: list[Passage]
    next_cursor: str | None


class PassageRow(BaseModel):
    """A passage, with the model in use; without a passage if nothing was found."""

    model: str
    document_id: UUID | None
    ordinal: int | None
    name: str | None
    page: int | None
    heading: str | None
    content: str | None
    text_share: float | None
    rank: float | None


async def search(
    principal: Principal,
    text: str,
    *,
    documents: list[UUID] | None = None,
    collections: list[UUID] | None = None,
    limit: int = 20,
    cursor: str | None = None,
    answer_id: UUID | None = None,
    own_key: OwnKeyEmbedder | None = None,
    by_words: bool = False,
) -> Passages:
    """The passages of the user's documents that fit `text`; none if it has no words. What its vector costs is a part of
    the answer `answer_id`; `own_key` asks for it where that pays; `by_words`: it has none.

    From these documents and collections together; if both are None, from all except those of conversations. Raises
    InvalidRequest for an invalid cursor, Busy on a timeout and if a list that started with a search by meaning cannot
    continue with it, and RateLimited while the user runs four other searches.
    """
    with_meaning, position = _position(cursor)
    if by_words:
        with_meaning = False
    text = text[:MAX_CHARACTERS]
    terms = search_query.of_question(text)
    if not terms:
        return Passages([], None)
    where = [documents, collections, settings.read(DocumentSearchSettings).exact_search_chunks, *position, limit + 1]
    question, rows = await _ask(principal, text, terms, where, with_meaning, answer_id=answer_id, own_key=own_key)
    if not is_in_use(question, rows[0].model) and question.vector is not None:
        question, rows = await _ask(principal, text, terms, where, with_meaning, answer_id=answer_id, own_key=own_key)
    items = [_passage(row, terms) for row in rows if row.document_id is not None]
    more = len(items) > limit
    return Passages(items[:limit], _cursor(items[limit - 1], question) if more else None)


async def _ask(
    principal: Principal,
    text: str,
    terms: Sequence[Term],
    where: Sequence[Any],
    with_meaning: bool | None,
    *,
    answer_id: UUID | None,
    own_key: OwnKeyEmbedder | None,
) -> tuple[QuestionVector, list[PassageRow]]:
    """The question and the passages found. The question is embedded unless the list was started with words alone, and
    its cost is recorded also if the search fails. Raises Busy, also if the list needs the vector and there is none."""
    if with_meaning is False:
        question = QuestionVector("", None)
    else:
        question = await embed_question(text, own_key=own_key)
    try:
        if with_meaning and question.vector is None:
            raise Busy(retry_after=5)
        return question, await select_passages(principal, terms, question, where)
    finally:
        await record_usage(principal, question, answer_id)


async def select_passages(
    principal: Principal, terms: Sequence[Term], question: QuestionVector, where: Sequence[Any]
) -> list[PassageRow]:
    """The one statement of a search, whose last parameters are `where`: `oneai.search_documents` ranks, names and texts
    are read under row-level security. At least one row, which says the model in use. Raises Busy on a timeout."""
    try:
        return await db.read_as(
            principal,
            """
            select m.model, f.document_id, f.ordinal, f.name, f.page, f.heading, f.content, f.text_share, f.rank
            from oneai.embedding_model_in_use(%s) as m (model)
            left join (
              select s.document_id, s.ordinal, d.name, c.page, c.heading, c.content, d.text_share, s.rank
              from oneai.search_documents(%s, %s::text[], %s, %s, %s::uuid[], %s::uuid[], %s, %s, %s, %s, %s) as s
              join oneai.documents as d on d.id = s.document_id
              join oneai.document_chunks as c on c.document_id = s.document_id and c.ordinal = s.ordinal) as f on true
            order by f.rank desc, f.document_id, f.ordinal
            """,
            [
                question.model,
                search_query.to_text(terms),
                [search_query.to_text([term]) for term in terms],
                question.vector,
                question.model,
                *where,
            ],
            PassageRow,
            seconds=TIMEOUT_SECONDS,
        )
    except db.StatementTimeout as error:
        raise Busy("This search took too long. Search in fewer documents.", retry_after=5) from error


def _passage(row: PassageRow, terms: Sequence[Term]) -> Passage:
    snippet = make_snippet(row.content or "", terms).snippet
    return Passage.model_validate({**row.model_dump(exclude={"model"}), "snippet": snippet})


def _position(cursor: str | None) -> tuple[bool | None, list[Any]]:
    """Whether the list was started with the vector (None: it starts now), and the position to continue after."""
    if cursor is None:
        return None, [None, None, None]
    with_meaning, rank, document, ordinal = cursors.decode(cursor, bool, float, str, int)
    if not 0 < ordinal < 2**31:
        raise cursors.invalid_cursor()
    return with_meaning, [rank, cursors.parse(UUID, document), ordinal]


def _cursor(last: Passage, question: QuestionVector) -> str:
    return cursors.encode(question.vector is not None, last.rank, str(last.document_id), last.ordinal)
