"""Stops an answer: the request is stored in Postgres, and the generating process reads it at its next checkpoint."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from oneai.chat.turn.answer import running_answer
from oneai.chat.turn.settle import expire_answer
from oneai.errors import NotFound
from oneai.fields import Fields
from oneai.postgres import db
from oneai.postgres.db import Principal


class StopRequest(Fields):
    """The body of `POST /api/chat/stop`."""

    message_id: UUID = Field(description="The answer's id.")


@dataclass
class StopResult:
    """The answer's state at the request; `streaming` means that it will stop."""

    message_id: UUID
    state: str


@dataclass
class _StopRow(StopResult):
    expired: bool


async def stop(principal: Principal, message_id: UUID) -> StopResult:
    """Requests that the answer stops; does nothing if it has ended. Raises NotFound."""
    rows = await db.as_service(
        """
        with stop_request as (
          update oneai.chat_messages set stop_requested_at = coalesce(stop_requested_at, oneai.now())
          where id = %s and coalesce(user_id, visitor_id) = %s and role = 'assistant' and state = 'streaming'
        )
        select m.id as message_id, m.state,
          m.state = 'streaming' and coalesce(r.held_until <= oneai.now(), true) as expired
        from oneai.chat_messages as m join oneai.conversations as c on c.id = m.conversation_id
        left join oneai.reservations as r on r.id = m.id
        where m.id = %s and coalesce(m.user_id, m.visitor_id) = %s and m.role = 'assistant'
          and coalesce(c.expires_at > oneai.now(), true)
        """,
        [message_id, principal.user_id, message_id, principal.user_id],
        _StopRow,
    )
    live = running_answer(principal.user_id, message_id)
    if live is not None:
        live.interrupt()
    if not rows:
        raise NotFound
    if live is None and rows[0].expired:
        await expire_answer(message_id)
        # It has ended, even if another process settled it first.
        rows_now = await db.as_service(
            "select id as message_id, state from oneai.chat_messages where id = %s", [message_id], StopResult
        )
        if not rows_now:
            raise NotFound
        return rows_now[0]
    return rows[0]
