"""Searches messages and titles: best first, in all branches.

Hits include hidden branches, because an answer may have been regenerated since it was read. `is_latest` distinguishes
them, and activating the message shows its branch again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from oneai import cursors
from oneai.conversations import fuzzy, pages, search_query
from oneai.conversations.conversation import Author
from oneai.conversations.search_query import Term
from oneai.conversations.snippets import make_snippet
from oneai.conversations.tokenize import TEXT_CHARACTERS
from oneai.errors import Busy
from oneai.postgres import db
from oneai.postgres.authors import with_authors
from oneai.postgres.db import Principal
from oneai.text import clean_search, replace_nul
from oneai.times import Since, TimeZone, Until

# A search uses at most forty words of forty characters.
Query = Annotated[str, Field(min_length=1, max_length=5000), AfterValidator(clean_search)]
# The timeout of a search: a word that occurs throughout 25 MB of messages takes a quarter of it.
TIMEOUT_SECONDS = 3.0


class SearchRequest(pages.PageRequest):
    """What to search for, and where."""

    q: Query = Field(
        description='Words that must all occur; words "in quotes" match exactly; the last word may be incomplete.'
    )
    within: Literal["messages", "titles", "all"] = Field(default="all", alias="in", description="The texts to search.")
    role: Literal["user", "assistant"] | None = Field(
        default=None, description="Only messages of this role, no titles."
    )
    model: str | None = Field(
        default=None,
        max_length=200,
        description="The requested or answering model; for titles, the conversation's model.",
    )
    tz: TimeZone = "UTC"
    since: Since | None = Field(
        default=None,
        alias="from",
        description="Written, or for titles started, on this day or at this instant, or later.",
    )
    before: Until | None = Field(
        default=None,
        alias="to",
        description="Written, or for titles started, before the end of this day, or before this instant.",
    )
    conversation_id: UUID | None = Field(default=None, description="Only in this conversation.")
    reasoning: bool = Field(default=False, description="Also in the thoughts of models.")
    everywhere: bool = Field(
        default=False,
        description="Also in your other workspaces: your personal one and the nineteen that you joined last. Otherwise "
        "only in the current one, or that of `conversation_id`.",
    )
    limit: int = Field(default=20, ge=1, le=50, description="The maximum number of hits.")


class SearchHit(BaseModel):
    """One hit: a message, or a title."""

    message_id: UUID | None = Field(description="The message; null for a title.")
    conversation_id: UUID = Field(description="Its conversation.")
    title: str | None = Field(description="That conversation's title.")
    author: Author | None = Field(description="Who shares that conversation with the team; null for your own.")
    role: Literal["user", "assistant"] | None = Field(description="The message's role; null for a title.")
    in_reasoning: bool = Field(description="Whether the match is in the thoughts of the answer; false for a title.")
    is_latest: bool = Field(description="Whether it is on the visible branch; titles always are.")
    snippet: str = Field(description="The text around the first matches, as plain text.")
    highlights: list[tuple[int, int]] = Field(
        description="The matches in `snippet`: pairs of start and end in code points, the end exclusive."
    )
    rank: float = Field(description="How well it matches; comparable only within one search.")
    created_at: datetime = Field(description="When the message was written, or the conversation started.")


class SearchPage(BaseModel):
    """A page of hits."""

    items: list[SearchHit] = Field(description="The hits, best first; of equal ones the newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class _Row(BaseModel):
    message_id: UUID | None
    conversation_id: UUID
    title: str | None
    author: Author | None
    role: Literal["user", "assistant"] | None
    in_reasoning: bool
    is_latest: bool
    text: str
    rank: float
    created_at: datetime


async def search(principal: Principal, request: SearchRequest) -> SearchPage:
    """Searches the messages and titles that the user reads in the workspace; empty if `q` has no words.

    Raises InvalidRequest for an invalid cursor, Busy on a timeout, and RateLimited while the user runs four other
    searches.
    """
    position = _position(request.cursor)
    terms = search_query.parse(request.q)
    if not terms:
        return SearchPage(items=[], next_cursor=None)
    terms = search_query.with_similar(
        terms, await fuzzy.similar_words(principal, terms, request.conversation_id, everywhere=request.everywhere)
    )
    try:
        rows = await _select(principal, request, terms, position)
    except db.StatementTimeout as error:
        raise Busy("This search took too long. Rarer words are found faster.", retry_after=5) from error
    page_rows = rows[: request.limit]
    items = [
        SearchHit(**row.model_dump(exclude={"text"}), **make_snippet(row.text, terms)._asdict()) for row in page_rows
    ]
    last = page_rows[-1] if len(rows) > request.limit else None
    return SearchPage(
        items=items,
        next_cursor=None
        if last is None
        else cursors.encode(last.rank, last.created_at.isoformat(), str(last.message_id or last.conversation_id)),
    )


async def _select(
    principal: Principal, request: SearchRequest, terms: Sequence[Term], position: list[Any]
) -> list[_Row]:
    """`oneai.search` ranks by the index; the texts are read under row-level security."""
    return await db.read_as(
        principal,
        with_authors(
            """
        select f.message_id, f.conversation_id, c.title, c.user_id as author_id, c.workspace_id, m.role,
          f.of_reasoning as in_reasoning, coalesce(m.is_latest, true) as is_latest,
          left(case when f.message_id is null then c.title when f.of_reasoning then m.reasoning else m.content end, %s)
            as text, f.rank, f.created_at
        from oneai.search(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) as f
        join oneai.conversations as c on c.id = f.conversation_id and not c.temporary
        left join oneai.chat_messages as m on m.id = f.message_id
        where f.message_id is null or m.id is not null
            """,
            "page.rank desc, page.created_at desc, coalesce(page.message_id, page.conversation_id) desc",
            own="null",
        ),
        [
            TEXT_CHARACTERS,
            search_query.to_text(terms),
            search_query.to_text(search_query.exact(terms)),
            *(request.within, request.role, request.model and replace_nul(request.model)),
            *(request.since, request.before, request.conversation_id, *position, request.limit + 1),
            *(request.reasoning, request.everywhere),
        ],
        _Row,
        seconds=TIMEOUT_SECONDS,
    )


def _position(cursor: str | None) -> list[Any]:
    if cursor is None:
        return [None, None, None]
    rank, at, last = cursors.decode(cursor, float, str, str)
    return [rank, cursors.parse_time(at), cursors.parse(UUID, last)]
