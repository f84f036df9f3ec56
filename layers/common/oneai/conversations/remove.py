"""Deletes conversations with everything that references them; usage events keep their cost.

A process that is generating an answer in one notices it at its next checkpoint.
"""

from uuid import UUID

from pydantic import BaseModel

from oneai.conversations.conversation import require_author
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

# Limits per statement, which must end within seconds: messages in total, and conversations. A single conversation may
# have more messages.
BATCH_MESSAGES = 5_000
BATCH_CONVERSATIONS = 500
# A very long conversation needs more than the usual timeout; API Gateway's limit is 29 s.
DELETE_SECONDS = 25


class _Id(BaseModel):
    id: UUID


async def delete(principal: Principal, conversation_id: UUID) -> None:
    """Deletes a conversation. Raises NotFound, Forbidden for another's, and RoleInsufficient where the user only reads
    the workspace."""
    if not await _delete(principal, [conversation_id]):
        await require_author(principal, conversation_id)
        raise NotFound


async def delete_all(principal: Principal) -> None:
    """Deletes all of the user's conversations in the current workspace in batches; an interrupted request can be
    repeated."""
    while batch := await _next_batch(principal, None):
        await _delete(principal, batch)


async def delete_many(principal: Principal, ids: list[UUID]) -> set[UUID]:
    """Deletes these conversations in batches. Returns the ids that existed."""
    matched: set[UUID] = set()
    remaining = set(ids)
    while batch := await _next_batch(principal, list(remaining)):
        matched |= await _delete(principal, batch)
        remaining -= set(batch)
    return matched


async def _next_batch(principal: Principal, among: list[UUID] | None) -> list[UUID]:
    """The next conversations that one statement can delete; empty at the end.

    Counted with the service's role: under the user's policy Postgres would read all messages of each conversation.
    """
    batch = await db.as_service(
        """
        select id from (
          select id, row_number() over (order by id) as place, sum(messages) over (order by id) as messages
          from (
            select c.id, (
              select count(*) from (
                select from oneai.chat_messages as m where m.conversation_id = c.id limit %s
              ) as m) as messages
            from oneai.conversations as c
            where c.user_id = %s and oneai.may_write(%s, c.workspace_id)
              and case when %s::uuid[] is null then c.workspace_id = %s else c.id = any (%s) end limit %s
          ) as each
        ) as counted
        where place = 1 or messages <= %s
        """,
        [
            *(BATCH_MESSAGES + 1, principal.user_id, principal.user_id),
            *(among, principal.workspace_id, among),
            *(BATCH_CONVERSATIONS, BATCH_MESSAGES),
        ],
        _Id,
    )
    return [each.id for each in batch]


async def _delete(principal: Principal, ids: list[UUID]) -> set[UUID]:
    """Locks rows in id order, so that concurrent deletions do not deadlock."""
    rows = await db.as_service(
        """
        with found as (
          select id from oneai.conversations
          where user_id = %s and oneai.may_write(%s, workspace_id) and id = any (%s) order by id for update
        )
        delete from oneai.conversations as c using found where c.id = found.id returning c.id
        """,
        [principal.user_id, principal.user_id, ids],
        _Id,
        seconds=DELETE_SECONDS,
    )
    return {each.id for each in rows}
