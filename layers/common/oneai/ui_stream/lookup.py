"""Looks up the client's ids in the tree of messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from oneai.postgres import db
from oneai.postgres.db import Principal


@dataclass(frozen=True)
class StoredMessage:
    """A message that the client named. `answer_id` is, for a question, the visible answer to its visible revision."""

    id: UUID
    role: str
    answer_id: UUID | None


@dataclass
class _RunningRow:
    answering_message_id: UUID


async def find_message(
    principal: Principal, conversation_id: UUID, message_ids: Sequence[UUID]
) -> StoredMessage | None:
    """The first of these messages that the conversation has, if any.

    A client that edits a question continues to use the same id, so the id refers to the visible revision.
    """
    rows = await db.read_as(
        principal,
        """
        select m.id, m.role, a.id as answer_id from oneai.chat_messages as m
        left join oneai.chat_messages as q on q.conversation_id = m.conversation_id and q.role = 'user'
          and m.role = 'user' and q.sequence_number = m.sequence_number and q.is_chosen
          and q.parent_message_id is not distinct from m.parent_message_id
        left join oneai.chat_messages as a on a.parent_message_id = q.id and a.role = 'assistant' and a.is_chosen
        where m.conversation_id = %s and m.user_id = %s and m.id = any(%s)
        """,
        [conversation_id, principal.user_id, list(message_ids)],
        StoredMessage,
    )
    by_id = {row.id: row for row in rows}
    return next((by_id[each] for each in message_ids if each in by_id), None)


async def find_running_answer(principal: Principal, conversation_id: UUID) -> UUID | None:
    """The running answer in the conversation, the first of several; None if there is none."""
    rows = await db.read_as(
        principal,
        """
        select c.answering_message_id from oneai.conversations as c
        where c.id = %s and c.answering_until > oneai.now() and c.answering_message_id is not null
        """,
        [conversation_id],
        _RunningRow,
    )
    return rows[0].answering_message_id if rows else None
