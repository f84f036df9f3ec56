"""The list of one's conversations, the one last written in first."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from oneai import db
from oneai.conversations import cursors
from oneai.db import Person
from oneai.errors import InvalidRequest


class Conversation(BaseModel):
    """One conversation, as the list shows it."""

    id: UUID
    title: str | None
    model: str | None
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime
    metadata: dict[str, Any]


class ConversationPage(BaseModel):
    """Some conversations; `next_cursor` is null on the last page."""

    items: list[Conversation]
    next_cursor: str | None


async def newest(person: Person, cursor: str | None, limit: int) -> ConversationPage:
    """`limit` conversations from `cursor` on. Raises InvalidRequest for a cursor that is none."""
    before, before_id = _position(cursor)
    rows = await db.read_as(
        person,
        """
        select id, title, model, created_at, updated_at, last_message_at, metadata from oneai.conversations
        where user_id = %s and (last_message_at, id) < (%s, %s)
        order by last_message_at desc, id desc limit %s
        """,
        [person.user_id, before, before_id, limit + 1],
        Conversation,
    )
    items = rows[:limit]
    more = len(rows) > limit
    return ConversationPage(
        items=items,
        next_cursor=cursors.encode(items[-1].last_message_at.isoformat(), str(items[-1].id)) if more else None,
    )


def _position(cursor: str | None) -> tuple[datetime, UUID]:
    if cursor is None:
        return datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1)
    at, last = cursors.decode(cursor, str, str)
    try:
        # In UTC, for Python understands offsets that Postgres does not.
        return datetime.fromisoformat(at).astimezone(UTC), UUID(last)
    except (ValueError, OverflowError):
        raise InvalidRequest(details=[{"field": "cursor", "message": "This is not a cursor we gave out."}]) from None
