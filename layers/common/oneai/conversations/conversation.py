"""A conversation as the API returns it, in the list and by itself."""

from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.postgres import db
from oneai.postgres.db import Person


class Conversation(BaseModel):
    """One conversation."""

    id: UUID = Field(description="The conversation's id.")
    title: str | None = Field(description="Null until a model or the person has named it.")
    title_source: Literal["auto", "person"] = Field(
        description="`person`: chosen by the person, and never replaced by one a model wrote."
    )
    model: str | None = Field(description="The model that questions without `model` ask; null: the operator's default.")
    system_prompt: str | None = Field(description="What its models are told before everything else.")
    tags: list[str] = Field(description="The person's own labels.")
    folder: str | None = Field(description="The person's own folder; null: in none.")
    pinned: bool = Field(description="Kept at the top by the person's app.")
    archived: bool = Field(description="Put away: listed with `archived=true` only.")
    message_count: int = Field(description="Messages of the visible branch.")
    total_cost_micro_usd: int = Field(description="What all its answers cost, of all branches, in micro-dollars.")
    created_at: datetime = Field(description="When it began.")
    updated_at: datetime = Field(
        description="When anything about it last changed; for `PATCH` and `If-Unmodified-Since`."
    )
    last_message_at: datetime = Field(description="When its last message was written.")
    metadata: dict[str, Any] = Field(description="Any JSON object of the client's own.")


# The columns of a `Conversation`, from `oneai.conversations as c`. The visible branch is numbered without gaps, so its
# last number is its length.
COLUMNS: LiteralString = """
  c.id, c.title, c.title_source, c.model, c.system_prompt, c.tags, c.folder, c.pinned, c.archived,
  coalesce((
    select m.sequence_number from oneai.chat_messages as m
    where m.conversation_id = c.id and m.is_latest order by m.sequence_number desc limit 1), 0) as message_count,
  c.total_cost_micro_usd, c.created_at, c.updated_at, c.last_message_at, c.metadata
"""

# A temporary conversation is gone when its time is over, also before the job has taken it away.
NOT_EXPIRED: LiteralString = "coalesce(c.expires_at > oneai.now(), true)"


class ConversationWithCost(Conversation):
    """And what the visible branch has cost."""

    branch_cost_micro_usd: int = Field(description="What the answers of the visible branch cost, in micro-dollars.")


async def get(person: Person, conversation_id: UUID) -> ConversationWithCost | None:
    """The user's conversation with this id, or None."""
    rows = await db.read_as(
        person,
        f"""
        select {COLUMNS}, (
          select coalesce(sum((m.usage ->> 'cost_micro_usd')::bigint), 0) from oneai.chat_messages as m
          where m.conversation_id = c.id and m.is_latest) as branch_cost_micro_usd
        from oneai.conversations as c where c.id = %s and c.user_id = %s and {NOT_EXPIRED}
        """,
        [conversation_id, person.user_id],
        ConversationWithCost,
    )
    return rows[0] if rows else None


async def exists(person: Person, conversation_id: UUID) -> bool:
    """Whether the user has this conversation."""
    rows = await db.read_as(
        person,
        f"select c.id from oneai.conversations as c where c.id = %s and c.user_id = %s and {NOT_EXPIRED}",
        [conversation_id, person.user_id],
        dict,
    )
    return bool(rows)
