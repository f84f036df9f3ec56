"""A conversation as it is shown, in the list and by itself."""

from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel

from oneai import db
from oneai.db import Person


class Conversation(BaseModel):
    """One conversation. `message_count` is of the visible branch, `total_cost_micro_usd` of all branches together.

    A title that a person chose has `title_source` person and is never replaced by one a model wrote.
    """

    id: UUID
    title: str | None
    title_source: Literal["auto", "person"]
    model: str | None
    system_prompt: str | None
    tags: list[str]
    folder: str | None
    pinned: bool
    archived: bool
    message_count: int
    total_cost_micro_usd: int
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime
    metadata: dict[str, Any]


# What a statement selects or returns to make a `Conversation` of `oneai.conversations as c`. The visible branch is
# numbered without gaps, so its last number is how many there are.
ITEM: LiteralString = """
  c.id, c.title, c.title_source, c.model, c.system_prompt, c.tags, c.folder, c.pinned, c.archived,
  coalesce((
    select m.sequence_number from oneai.chat_messages as m
    where m.conversation_id = c.id and m.is_latest order by m.sequence_number desc limit 1), 0) as message_count,
  c.total_cost_micro_usd, c.created_at, c.updated_at, c.last_message_at, c.metadata
"""

# A temporary conversation is gone when its time is over, also before the job has taken it away.
NOT_FORGOTTEN: LiteralString = "coalesce(c.forget_at > oneai.now(), true)"


class Costed(Conversation):
    """And what the visible branch has cost."""

    branch_cost_micro_usd: int


async def one(person: Person, conversation_id: UUID) -> Costed | None:
    """The person's conversation of this id, or None."""
    rows = await db.read_as(
        person,
        f"""
        select {ITEM}, (
          select coalesce(sum((m.usage ->> 'cost_micro_usd')::bigint), 0) from oneai.chat_messages as m
          where m.conversation_id = c.id and m.is_latest) as branch_cost_micro_usd
        from oneai.conversations as c where c.id = %s and c.user_id = %s and {NOT_FORGOTTEN}
        """,
        [conversation_id, person.user_id],
        Costed,
    )
    return rows[0] if rows else None


async def exists(person: Person, conversation_id: UUID) -> bool:
    """Whether it is there and theirs."""
    found = await db.read_as(
        person,
        f"select c.id from oneai.conversations as c where c.id = %s and c.user_id = %s and {NOT_FORGOTTEN}",
        [conversation_id, person.user_id],
        dict,
    )
    return bool(found)
