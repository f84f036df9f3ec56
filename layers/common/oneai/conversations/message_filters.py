"""Filters for all lists of messages: by role, model, time and words."""

from typing import Any, Literal, LiteralString, NamedTuple
from uuid import UUID

from pydantic import Field

from oneai.conversations import pages, search_query
from oneai.text import clean_search, replace_nul
from oneai.times import Since, TimeZone, Until


class MessageFilters(pages.PageRequest):
    """Filters of messages; all given filters must match."""

    role: Literal["user", "assistant"] | None = Field(default=None, description="`user` for questions only.")
    model: str | None = Field(
        default=None, max_length=200, description="The requested model, or the one that answered."
    )
    q: str | None = Field(
        default=None, max_length=500, description='Words that messages contain; words "in quotes" match exactly.'
    )
    tz: TimeZone = "UTC"
    since: Since | None = Field(
        default=None, alias="from", description="Written on this day or at this instant, or later."
    )
    before: Until | None = Field(
        default=None, alias="to", description="Written before the end of this day, or before this instant."
    )


class Conditions(NamedTuple):
    """SQL that continues a `where` over `oneai.chat_messages as m`, and its parameters."""

    sql: LiteralString
    params: list[Any]


def conditions(filters: MessageFilters, conversation_id: UUID | None = None) -> Conditions | None:
    """The conditions of these filters, for messages of one conversation or of all in the workspace; None if `q` has no
    words, which no message matches.

    Statements with `q` raise RateLimited while the user runs four other searches.
    """
    chosen: list[tuple[LiteralString, list[Any]]] = []
    if filters.role is not None:
        chosen.append(("and m.role = %s", [filters.role]))
    if filters.model is not None:
        chosen.append(("and %s in (m.model_id, m.model_served)", [replace_nul(filters.model)]))
    if filters.since is not None:
        chosen.append(("and m.created_at >= %s", [filters.since]))
    if filters.before is not None:
        chosen.append(("and m.created_at < %s", [filters.before]))
    if filters.q is not None:
        terms = search_query.parse(clean_search(filters.q))
        if not terms:
            return None
        matching: LiteralString = "array(select oneai.messages_matching(%s, %s))"
        chosen.append((f"and m.id = any ({matching})", [search_query.to_text(terms), conversation_id]))
    return Conditions(" ".join([sql for sql, _ in chosen]), [value for _, values in chosen for value in values])
