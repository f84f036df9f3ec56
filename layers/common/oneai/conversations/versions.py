"""Revisions of a message: list them, show one, and correct an answer by hand."""

from dataclasses import dataclass
from typing import Annotated, LiteralString
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai import cursors, metrics
from oneai.conversations import conversation
from oneai.conversations.messages import Message, load_messages
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import message_text

# The limit of revisions per page.
MAX_REVISIONS = 1000


class Revision(Message):
    """One version of a message.

    `branch_cost_micro_usd` is the cost of the branch that would be visible with this version: the answers before it,
    its own, and those after it as they were last chosen. `usage.cost_micro_usd` is its own cost.
    """

    is_chosen: bool = Field(description="Whether this version is shown below its parent.")
    branch_cost_micro_usd: int = Field(
        description="The cost of the answers on the branch with this version, in micro-dollars."
    )


class RevisionList(BaseModel):
    """A message's versions."""

    items: list[Revision] = Field(description="The versions, sorted by number.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class Correction(BaseModel):
    """The body of `PATCH /api/conversations/{id}/messages/{mid}`."""

    model_config = ConfigDict(extra="forbid")

    content: Annotated[
        str, AfterValidator(message_text), Field(json_schema_extra={"minLength": 1, "pattern": r"\S"}, strict=True)
    ] = Field(description="The text that replaces the answer.")


_SIBLINGS: LiteralString = f"""
  select m.*, row_number() over (order by m.revision_number) as place
  from oneai.chat_messages as named
  join oneai.conversations as c on c.id = named.conversation_id and {conversation.NOT_EXPIRED}
  join oneai.chat_messages as m on m.conversation_id = named.conversation_id
    and m.sequence_number = named.sequence_number and m.role = named.role
    and m.parent_message_id is not distinct from named.parent_message_id
  where named.conversation_id = %s and named.id = %s and m.revision_number > %s
"""
_ITSELF: LiteralString = """
  select m.*, 1 as place from oneai.chat_messages as m
  where m.conversation_id = %s and m.id = %s
"""


async def list_revisions(
    principal: Principal, conversation_id: UUID, message_id: UUID, cursor: str | None = None
) -> RevisionList:
    """The message and its siblings. Raises NotFound, InvalidRequest for an invalid cursor."""
    params = [conversation_id, message_id]
    after = -1 if cursor is None else max(-1, min(cursors.decode(cursor, int)[0], 2**31 - 1))
    rows = await load_messages(principal, _SIBLINGS, [*params, after], MAX_REVISIONS)
    if not rows and (cursor is None or not await load_messages(principal, _SIBLINGS, [*params, -1], 1)):
        raise NotFound
    siblings = {place.id: place for place in await _load_siblings(principal, [row.id for row in rows])} if rows else {}
    items = [
        Revision(
            **row.model_dump(include=set(Message.model_fields)),
            is_chosen=siblings[row.id].is_chosen,
            branch_cost_micro_usd=siblings[row.id].branch_cost_micro_usd,
        )
        for row in rows
        if row.id in siblings  # deleted a moment ago
    ]
    more = bool(rows) and rows[0].row_count > len(rows)
    return RevisionList(items=items, next_cursor=cursors.encode(rows[-1].revision_number) if more else None)


async def activate_revision(principal: Principal, conversation_id: UUID, message_id: UUID) -> Message:
    """Shows this revision with its branch; other running answers next to it stop. Raises NotFound."""
    await db.call(
        "select oneai.activate(%s, %s, %s)", [principal.user_id, conversation_id, message_id], idempotent=True
    )
    return await _get_message(principal, conversation_id, message_id)


async def correct_answer(principal: Principal, conversation_id: UUID, message_id: UUID, content: str) -> Message:
    """Replaces an answer's text by a new revision. Raises NotFound, ConversationBusy, InvalidRequest for a question."""
    new_message, expired = await db.call(
        "select * from oneai.correct_answer(%s, %s, %s, %s)", [principal.user_id, conversation_id, message_id, content]
    )
    if expired:
        metrics.count_expired_lease()
    return await _get_message(principal, conversation_id, new_message)


async def _get_message(principal: Principal, conversation_id: UUID, message_id: UUID) -> Message:
    rows = await load_messages(principal, _ITSELF, [conversation_id, message_id], 1)
    if not rows:
        raise NotFound
    return Message.model_validate(rows[0].model_dump())


@dataclass
class _SiblingRow:
    id: UUID
    is_chosen: bool
    branch_cost_micro_usd: int


async def _load_siblings(principal: Principal, siblings: list[UUID]) -> list[_SiblingRow]:
    """The siblings' state and branch costs; their ancestors are the same for all."""
    return await db.read_as(
        principal,
        """
        with recursive before as (
          select m.id, m.parent_message_id, 0::bigint as cost from oneai.chat_messages as m where m.id = %s
          union all
          select m.id, m.parent_message_id, coalesce((m.usage ->> 'cost_micro_usd')::bigint, 0)
          from before join oneai.chat_messages as m on m.id = before.parent_message_id
        ), below as (
          select m.id as sibling, m.id, m.usage from oneai.chat_messages as m where m.id = any (%s)
          union all
          select below.sibling, m.id, m.usage
          from below join oneai.chat_messages as m on m.parent_message_id = below.id and m.is_chosen
        )
        select m.id, m.is_chosen, (select sum(cost) from before) + coalesce((
          select sum((b.usage ->> 'cost_micro_usd')::bigint) from below as b where b.sibling = m.id), 0)
          as branch_cost_micro_usd
        from oneai.chat_messages as m where m.id = any (%s)
        """,
        [siblings[0], siblings, siblings],
        _SiblingRow,
    )
