"""Stopping an answer: asked for in Postgres, seen by the producer at its next checkpoint, wherever that runs."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai.chat.jobs.expired import expire_answer
from oneai.chat.turn.answer import running
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Person


class StopRequest(BaseModel):
    """The body of `POST /api/chat/stop`."""

    model_config = ConfigDict(extra="forbid")

    message_id: UUID = Field(description="The answer's id.")


@dataclass
class Stopped:
    """The answer's state when it was asked to stop; `streaming` means that it will."""

    message_id: UUID
    state: str


@dataclass
class _Found(Stopped):
    lapsed: bool


async def stop(person: Person, message_id: UUID) -> Stopped:
    """Asks the answer to stop; changes nothing where it has ended. Raises NotFound."""
    found = await db.as_service(
        """
        with asked as (
          update oneai.chat_messages set stop_requested_at = coalesce(stop_requested_at, oneai.now())
          where id = %s and user_id = %s and role = 'assistant' and state = 'streaming'
        )
        select m.id as message_id, m.state,
          m.state = 'streaming' and coalesce(r.held_until <= oneai.now(), true) as lapsed
        from oneai.chat_messages as m join oneai.conversations as c on c.id = m.conversation_id
        left join oneai.reservations as r on r.id = m.id
        where m.id = %s and m.user_id = %s and m.role = 'assistant' and coalesce(c.expires_at > oneai.now(), true)
        """,
        [message_id, person.user_id, message_id, person.user_id],
        _Found,
    )
    if not found:
        raise NotFound
    if live := running.get(message_id):
        live.stopping.set()
    elif found[0].lapsed:
        await expire_answer(message_id)
        # Whoever settled it: it has ended.
        now = await db.read_as(
            person, "select id as message_id, state from oneai.chat_messages where id = %s", [message_id], Stopped
        )
        if not now:
            raise NotFound
        return now[0]
    return found[0]
