"""Lists conversations: filtered, in one of three orders, page by page."""

from datetime import datetime
from typing import Any, Literal, LiteralString, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.conversations import pages
from oneai.conversations.conversation import LISTED_COLUMNS, THEMSELVES, Conversation
from oneai.postgres import db
from oneai.postgres.authors import with_authors
from oneai.postgres.db import Principal
from oneai.text import clean_line, replace_nul
from oneai.times import Since, TimeZone, Until

Sort = Literal["last_message_at", "created_at", "title"]
Order = Literal["asc", "desc"]


class ConversationPage(BaseModel):
    """A page of conversations."""

    items: list[Conversation] = Field(description="The conversations, in the requested order.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class ConversationFilters(pages.PageRequest):
    """Which conversations to list, and in what order."""

    sort: Sort = Field(default="last_message_at", description="The sort key.")
    order: Order | None = Field(default=None, description="Absent: newest first; titles from A.")
    tz: TimeZone = "UTC"
    since: Since | None = Field(
        default=None, alias="from", description="The last message is from this day or instant, or later."
    )
    before: Until | None = Field(
        default=None,
        alias="to",
        description="The last message is from before the end of this day, or before this instant.",
    )
    model: str | None = Field(default=None, max_length=200, description="Its model, or one that was used in it.")
    tag: str | None = Field(default=None, max_length=50, description="Only conversations with this tag.")
    folder: str | None = Field(
        default=None, max_length=100, description="Only conversations in this folder; empty: those in no folder."
    )
    archived: bool = Field(
        default=False, description="`true` lists archived conversations; `false` or absent, the others."
    )
    visibility: Literal["private", "workspace"] | None = Field(
        default=None,
        description="`workspace` lists what the members of the workspace have shared with it, each with its author. "
        "`private` lists those of your own that are not shared, and absent all of your own.",
    )
    pinned: bool | None = Field(default=None, description="`true` lists pinned conversations, `false` the others.")
    q: str | None = Field(default=None, max_length=200, description="A part of the title, ignoring case.")


class _SortKey(NamedTuple):
    """A sort key. The expressions match the indexes'."""

    column: LiteralString
    kind: LiteralString
    usual: Order


_SORT_KEYS: dict[str, _SortKey] = {
    "last_message_at": _SortKey("c.last_message_at", "timestamptz", "desc"),
    "created_at": _SortKey("c.created_at", "timestamptz", "desc"),
    "title": _SortKey("lower(left(coalesce(c.title, ''), 200))", "text", "asc"),
}


class _Row(Conversation):
    sort_key: datetime | str


async def list_conversations(principal: Principal, filters: ConversationFilters) -> ConversationPage:
    """The matching conversations of the current workspace.

    Raises InvalidRequest for an invalid cursor, or one of another order.
    """
    order: Order = filters.order or _SORT_KEYS[filters.sort].usual
    position = [] if filters.cursor is None else _position(filters.cursor, filters.sort, order)
    rows = await db.read_as(
        principal,
        _query(_SORT_KEYS[filters.sort], order, filters.visibility, first=not position),
        [
            principal.workspace_id,
            *(() if filters.visibility == "workspace" else (principal.user_id,)),
            *(filters.archived, filters.since, filters.since, filters.before, filters.before),
            *_pair(filters.model),
            filters.model and replace_nul(filters.model),
            *_pair(filters.tag),
            *_pair(filters.folder),
            *(filters.pinned, filters.pinned),
            *_pair(clean_line(filters.q or "") or None),
            *position,
            filters.limit + 1,
        ],
        _Row,
    )
    items = rows[: pages.count_fitting(rows[: filters.limit])]
    last = items[-1] if items and len(items) < len(rows) else None
    return ConversationPage(
        items=[Conversation.model_validate(row.model_dump()) for row in items],
        next_cursor=cursors.encode(filters.sort, order, _key_text(last.sort_key), str(last.id)) if last else None,
    )


def _query(key: _SortKey, order: Order, visibility: str | None, *, first: bool) -> LiteralString:
    whose: LiteralString = (
        "c.visibility = 'workspace'"
        if visibility == "workspace"
        else "c.user_id = %s and c.visibility = 'private'"
        if visibility == "private"
        else "c.user_id = %s"
    )
    direction: LiteralString = "desc" if order == "desc" else "asc"
    comparison: LiteralString = "<" if order == "desc" else ">"
    position: LiteralString = "" if first else f"and ({key.column}, c.id) {comparison} (%s::{key.kind}, %s)"
    rows: LiteralString = f"""
        select {LISTED_COLUMNS}, c.user_id as author_id, {key.column} as sort_key
        from oneai.conversations as c
        where c.workspace_id = %s and {whose} and c.archived = %s and not c.temporary
          and (%s::timestamptz is null or c.last_message_at >= %s)
          and (%s::timestamptz is null or c.last_message_at < %s)
          and (%s::text is null or c.model = %s or exists (
            select from oneai.chat_messages as m
            where m.conversation_id = c.id and m.user_id = c.user_id and m.role = 'assistant' and m.model_id = %s))
          and (%s::text is null or c.tags @> array[%s])
          and (%s::text is null or coalesce(c.folder, '') = %s)
          and (%s::boolean is null or c.pinned = %s)
          and (%s::text is null or strpos(lower(c.title), lower(%s)) > 0)
          {position}
        order by {key.column} {direction}, c.id {direction} limit %s
        """
    return with_authors(rows, f"page.sort_key {direction}, page.id {direction}", THEMSELVES)


def _pair(text: str | None) -> tuple[str | None, str | None]:
    stored = None if text is None else clean_line(text)
    return stored, stored


def _key_text(key: Any) -> str:
    return key.isoformat() if isinstance(key, datetime) else str(key)


def _position(cursor: str, sort: Sort, order: Order) -> list[datetime | str | UUID]:
    by, direction, key, last = cursors.decode(cursor, str, str, str, str)
    if (by, direction) != (sort, order):
        raise cursors.invalid_cursor()
    return [key if sort == "title" else cursors.parse_time(key), cursors.parse(UUID, last)]
