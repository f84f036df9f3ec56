"""Stopping an answer: asked for in Postgres, seen by the producer at its next checkpoint, wherever that runs."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from oneai import db
from oneai.chat.answer import running
from oneai.chat.lapse import settle_lapsed
from oneai.db import Person
from oneai.errors import NotFound


class StopRequest(BaseModel):
    """The body of `POST /api/chat/stop`."""

    model_config = ConfigDict(extra="forbid")

    message_id: UUID


@dataclass
class Stopped:
    """The answer's state when it was asked to stop; `streaming` means that it will."""

    message_id: UUID
    state: str


async def stop(person: Person, message_id: UUID) -> Stopped:
    """Asks the answer to stop; changes nothing where it has ended. Raises NotFound."""
    found = await db.as_service(
        """
        with asked as (
          update oneai.chat_messages set stop_requested_at = coalesce(stop_requested_at, oneai.now())
          where id = %s and user_id = %s and role = 'assistant' and state = 'streaming'
        )
        select id as message_id, state from oneai.chat_messages
        where id = %s and user_id = %s and role = 'assistant'
        """,
        [message_id, person.user_id, message_id, person.user_id],
        Stopped,
    )
    if not found:
        raise NotFound
    if live := running.get(message_id):
        live.stopping.set()
    elif found[0].state == "streaming":
        # Read again even where nothing was left to settle: somebody else may have just done it.
        await settle_lapsed(message_id)
        found = await db.read_as(
            person, "select id as message_id, state from oneai.chat_messages where id = %s", [message_id], Stopped
        )
        if not found:
            raise NotFound
    return found[0]
