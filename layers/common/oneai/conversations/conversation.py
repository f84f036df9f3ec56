"""A conversation as the API returns it, in lists and alone."""

from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.conversations.fields import MAX_TOKENS, TEMPERATURE
from oneai.postgres import db
from oneai.postgres.db import Principal

Visibility = Literal["private", "workspace"]


class Author(BaseModel):
    """Who asks in a conversation."""

    user_id: UUID | None = Field(description="The author's id; null for a former member.")
    name: str | None = Field(description="The author's name; `Former member` where the author has left the workspace.")


class Conversation(BaseModel):
    """One conversation."""

    id: UUID = Field(description="The conversation's id.")
    workspace_id: UUID = Field(description="The workspace that pays for its answers.")
    visibility: Visibility = Field(
        description="`private`: only its author reads it. `workspace`: all members of the workspace do; only its "
        "author asks in it and changes it."
    )
    author: Author = Field(description="Who asks in it.")
    title: str | None = Field(
        description="The first words of its question, until a model or the user has named it. Null before the first "
        "question, and in a temporary conversation."
    )
    title_source: Literal["auto", "person"] = Field(
        description="`auto`: from the first question or a model. `person`: the user chose it, and no model replaces it."
    )
    model: str | None = Field(description="The model for questions without `model`; null: the operator's default.")
    web_search: bool = Field(description="Whether models search the web for questions without `web_search`.")
    temperature: float | None = Field(description=TEMPERATURE)
    max_tokens: int | None = Field(description=MAX_TOKENS)
    system_prompt: str | None = Field(description="The instructions that its models receive first.")
    tags: list[str] = Field(description="Its author's labels; none for other members.")
    folder: str | None = Field(description="Its author's folder; null: none, and for other members.")
    pinned: bool = Field(description="Whether the app shows it at the top to its author; false for other members.")
    archived: bool = Field(description="Whether it is archived, and listed only with `archived=true`.")
    message_count: int = Field(description="Messages of the visible branch.")
    total_cost_micro_usd: int = Field(description="The cost of all its answers, in all branches, in micro-dollars.")
    created_at: datetime = Field(description="When it was created.")
    updated_at: datetime = Field(description="When it last changed; for `PATCH` and `If-Unmodified-Since`.")
    last_message_at: datetime = Field(description="When its last message was written.")
    answering: bool = Field(description="Whether an answer is being written.")
    metadata: dict[str, Any] = Field(description="Any JSON object of its author's client; empty for other members.")


# The visible branch is numbered without gaps, so its last number is its length.
_SHARED_COLUMNS: LiteralString = """
  c.id, c.workspace_id, c.visibility, c.title, c.title_source, c.model, c.web_search, c.temperature, c.max_tokens,
  c.system_prompt, c.archived,
  coalesce((
    select m.sequence_number from oneai.chat_messages as m
    where m.conversation_id = c.id and m.is_latest order by m.sequence_number desc limit 1), 0) as message_count,
  c.total_cost_micro_usd, c.created_at, c.updated_at, c.last_message_at,
  coalesce(c.answering_until > oneai.now(), false) as answering
"""

# The columns of a `Conversation`, from `oneai.conversations as c`, in a statement of the service that has found it by
# its author.
AUTHORS_COLUMNS: LiteralString = f"""
  {_SHARED_COLUMNS}, c.tags, c.folder, c.pinned, c.metadata, (
    select jsonb_build_object('user_id', u.id, 'name', u.name) from oneai.users as u where u.id = c.user_id) as author
"""

_IS_AUTHOR: LiteralString = "c.user_id is not distinct from (select auth.uid())"
# The same as a user reads it, without its author: how its author keeps it in order is not shown to other members.
LISTED_COLUMNS: LiteralString = f"""
  {_SHARED_COLUMNS},
  case when {_IS_AUTHOR} then c.tags::text[] else '{{}}' end as tags,
  case when {_IS_AUTHOR} then c.folder end as folder,
  {_IS_AUTHOR} and c.pinned as pinned,
  case when {_IS_AUTHOR} then c.metadata::jsonb else '{{}}' end as metadata
"""
# The author of the user's own.
THEMSELVES: LiteralString = """(
  select jsonb_build_object('user_id', u.id, 'name', u.name) from oneai.users as u where u.id = (select auth.uid()))"""

# An expired temporary conversation is not found, even before the job has deleted it.
NOT_EXPIRED: LiteralString = "coalesce(c.expires_at > oneai.now(), true)"


class ConversationWithCost(Conversation):
    """A conversation with the cost of its visible branch."""

    branch_cost_micro_usd: int = Field(description="The cost of the answers on the visible branch, in micro-dollars.")


async def get(principal: Principal, conversation_id: UUID) -> ConversationWithCost | None:
    """The conversation with this id, if the user may read it, or None."""
    rows = await db.read_as(
        principal,
        f"""
        select {LISTED_COLUMNS},
          case when {_IS_AUTHOR} then {THEMSELVES} else oneai.author_of(c.user_id, c.workspace_id) end as author, (
          select coalesce(sum((m.usage ->> 'cost_micro_usd')::bigint), 0) from oneai.chat_messages as m
          where m.conversation_id = c.id and m.is_latest) as branch_cost_micro_usd
        from oneai.conversations as c where c.id = %s and {NOT_EXPIRED}
        """,
        [conversation_id],
        ConversationWithCost,
    )
    return rows[0] if rows else None


async def require_author(principal: Principal, conversation_id: UUID) -> None:
    """Raises NotFound if the user cannot read the conversation, Forbidden if another user is its author, and
    RoleInsufficient if the user may only read its workspace."""
    await db.call("select oneai.require_author(%s, %s)", [principal.user_id, conversation_id], idempotent=True)


async def exists(principal: Principal, conversation_id: UUID) -> bool:
    """Whether the user may read this conversation."""
    rows = await db.read_as(
        principal,
        f"select c.id from oneai.conversations as c where c.id = %s and {NOT_EXPIRED}",
        [conversation_id],
        dict,
    )
    return bool(rows)
