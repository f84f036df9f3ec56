"""A conversation as the API returns it, in lists and alone."""

from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.postgres import db
from oneai.postgres.db import Principal


class Conversation(BaseModel):
    """One conversation."""

    id: UUID = Field(description="The conversation's id.")
    title: str | None = Field(
        description="The first words of its question, until a model or the user has named it. Null before the first "
        "question, and in a temporary conversation."
    )
    title_source: Literal["auto", "person"] = Field(
        description="`auto`: from the first question or a model. `person`: the user chose it, and no model replaces it."
    )
    model: str | None = Field(description="The model for questions without `model`; null: the operator's default.")
    web_search: bool = Field(description="Whether models search the web for questions without `web_search`.")
    system_prompt: str | None = Field(description="The instructions that its models receive first.")
    tags: list[str] = Field(description="The user's labels.")
    folder: str | None = Field(description="The user's folder; null: none.")
    pinned: bool = Field(description="Whether the app shows it at the top.")
    archived: bool = Field(description="Whether it is archived, and listed only with `archived=true`.")
    message_count: int = Field(description="Messages of the visible branch.")
    total_cost_micro_usd: int = Field(description="The cost of all its answers, in all branches, in micro-dollars.")
    created_at: datetime = Field(description="When it was created.")
    updated_at: datetime = Field(description="When it last changed; for `PATCH` and `If-Unmodified-Since`.")
    last_message_at: datetime = Field(description="When its last message was written.")
    answering: bool = Field(description="Whether an answer is being written.")
    metadata: dict[str, Any] = Field(description="Any JSON object of the client.")


# The columns of a `Conversation`, from `oneai.conversations as c`. The visible branch is numbered without gaps, so its
# last number is its length.
COLUMNS: LiteralString = """
  c.id, c.title, c.title_source, c.model, c.web_search, c.system_prompt, c.tags, c.folder, c.pinned, c.archived,
  coalesce((
    select m.sequence_number from oneai.chat_messages as m
    where m.conversation_id = c.id and m.is_latest order by m.sequence_number desc limit 1), 0) as message_count,
  c.total_cost_micro_usd, c.created_at, c.updated_at, c.last_message_at,
  coalesce(c.answering_until > oneai.now(), false) as answering, c.metadata
"""

# An expired temporary conversation is not found, even before the job has deleted it.
NOT_EXPIRED: LiteralString = "coalesce(c.expires_at > oneai.now(), true)"


class ConversationWithCost(Conversation):
    """A conversation with the cost of its visible branch."""

    branch_cost_micro_usd: int = Field(description="The cost of the answers on the visible branch, in micro-dollars.")


async def get(principal: Principal, conversation_id: UUID) -> ConversationWithCost | None:
    """The user's conversation with this id, or None."""
    rows = await db.read_as(
        principal,
        f"""
        select {COLUMNS}, (
          select coalesce(sum((m.usage ->> 'cost_micro_usd')::bigint), 0) from oneai.chat_messages as m
          where m.conversation_id = c.id and m.is_latest) as branch_cost_micro_usd
        from oneai.conversations as c where c.id = %s and c.user_id = %s and {NOT_EXPIRED}
        """,
        [conversation_id, principal.user_id],
        ConversationWithCost,
    )
    return rows[0] if rows else None


async def exists(principal: Principal, conversation_id: UUID) -> bool:
    """Whether the user has this conversation."""
    rows = await db.read_as(
        principal,
        f"select c.id from oneai.conversations as c where c.id = %s and c.user_id = %s and {NOT_EXPIRED}",
        [conversation_id, principal.user_id],
        dict,
    )
    return bool(rows)
