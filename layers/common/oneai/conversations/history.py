"""Lists messages of all conversations: the visible branches, newest message first."""

from typing import Any, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.conversations.message_filters import MessageFilters, conditions
from oneai.conversations.messages import MAX_SEQUENCE_NUMBER, Message, load_messages
from oneai.postgres.db import Principal


class HistoryRequest(MessageFilters):
    """Which messages of all conversations to list."""


class HistoryItem(Message):
    """A message and its conversation."""

    conversation_id: UUID = Field(description="The conversation of the message.")
    title: str | None = Field(description="That conversation's title.")


class HistoryPage(BaseModel):
    """A page of messages of all conversations."""

    items: list[HistoryItem] = Field(description="The messages, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def list_history(principal: Principal, request: HistoryRequest) -> HistoryPage:
    """Lists the user's messages in the current workspace, also of archived conversations.

    Raises InvalidRequest for an invalid cursor, and RateLimited for a search by `q` while the user runs four others.
    """
    position = [] if request.cursor is None else _position(request.cursor)
    fitting = conditions(request)
    if fitting is None:
        return HistoryPage(items=[], next_cursor=None)
    rows = await load_messages(
        principal,
        _selection(fitting.sql, first=not position),
        [principal.user_id, principal.workspace_id, *fitting.params, *position, request.limit + 1],
        request.limit,
    )
    last = rows[-1] if rows and rows[0].row_count > len(rows) else None
    return HistoryPage(
        items=[HistoryItem.model_validate(row.model_dump()) for row in rows],
        next_cursor=None
        if last is None
        else cursors.encode(last.created_at.isoformat(), last.sequence_number, str(last.id)),
    )


def _selection(fitting: LiteralString, *, first: bool) -> LiteralString:
    """Also sorts by sequence number, because a question and its answer have the same time.

    It has no joins, so that Postgres reads the newest messages by their index until there are enough.
    """
    position: LiteralString = "" if first else "and (m.created_at, m.sequence_number, m.id) < (%s, %s, %s)"
    return f"""
      select h.*, row_number() over (order by h.created_at desc, h.sequence_number desc, h.id desc) as place from (
        select m.* from oneai.chat_messages as m
        where m.user_id = %s and m.workspace_id = %s and m.is_latest
          and (select not c.temporary from oneai.conversations as c where c.id = m.conversation_id)
          {fitting} {position}
        order by m.created_at desc, m.sequence_number desc, m.id desc limit %s
      ) as h
    """


def _position(cursor: str) -> list[Any]:
    at, number, last = cursors.decode(cursor, str, int, str)
    return [cursors.parse_time(at), max(0, min(number, MAX_SEQUENCE_NUMBER)), cursors.parse(UUID, last)]
