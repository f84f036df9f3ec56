"""Coming back to an answer: its stream again from an offset, live where this process writes it, else from Postgres."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from oneai.chat.jobs.expired import expire_answer
from oneai.chat.stream import sse
from oneai.chat.stream.follow import follow, side_by_side
from oneai.chat.stream.follower_leases import Follower, moved_on
from oneai.chat.turn.answer import Answer, Ending, Event, notice, running
from oneai.errors import BY_CODE, Busy, InternalError, NotFound, OneAIError, UpstreamTimeout
from oneai.postgres import db
from oneai.postgres.db import Person

# Pieces appear about once a second; twice as often is enough to look.
SECONDS_BETWEEN_READS = 0.5
SECONDS_OF_SILENCE = 15.0
SECONDS_BEFORE_DEADLINE = 5.0


@dataclass
class StoredAnswer:
    """An answer as Postgres has it; `pieces` are those after the last one read, in the order they came. `ended`: what
    `oneai.follow` said, while it is being written."""

    id: UUID
    conversation_id: UUID
    parent_message_id: UUID
    model_id: str
    content: str
    drew: bool
    state: Any
    finish_reason: str | None
    model_served: str | None
    provider: str | None
    usage: dict[str, Any] | None
    error_code: str | None
    alive: bool
    pieces: list[dict[str, Any]]
    quota: dict[str, Any] | None
    ended: list[UUID] | None


@dataclass
class _Reading:
    """How far somebody has read: `offset` code points of text; pieces up to the number `seen` were looked at, which
    reach as far as `reached` in the text and `thought` in the reasoning."""

    offset: int
    reached: int = 0
    thought: int = 0
    seen: int = 0

    def fresh(self, pieces: list[dict[str, Any]]) -> list[Event]:
        """What of these pieces they have not read."""
        fresh: list[Event] = []
        for piece in pieces:
            self.seen = piece["n"]
            end = piece["at"] + len(piece["text"])
            if piece["kind"] == "text":
                self.reached = end
                if end > self.offset:
                    fresh.append(Event("text", self.offset, piece["text"][max(self.offset - piece["at"], 0) :]))
                    self.offset = end
            else:
                known, self.thought = self.thought, max(self.thought, end)
                if self.reached >= self.offset and self.thought > known:
                    fresh.append(Event("reasoning", self.offset, piece["text"][max(known - piece["at"], 0) :]))
        return fresh


async def resume(
    person: Person, message_id: UUID, offset: int, *, deadline: float, request_id: str
) -> AsyncIterator[bytes]:
    """The stream from `offset` code points of text on, beginning with `start`. Raises NotFound, and Busy."""
    follower = Follower(person, message_id)
    try:
        stored = await _read(follower, 0)
    except Busy:
        if live := _live(person, message_id):
            return follow(live, offset, request_id, follower=follower)
        raise
    if live := _live(person, message_id):
        return follow(live, offset, request_id, follower=follower)
    return _from_postgres(follower, stored, offset, deadline, request_id)


async def resume_all(
    person: Person, message_ids: list[UUID], *, deadline: float, request_id: str
) -> AsyncIterator[bytes]:
    """Answers to one question side by side, each from its beginning. Raises NotFound, and Busy."""
    streams: list[AsyncIterator[bytes]] = []
    first: list[StoredAnswer] = []
    for message_id in message_ids:
        follower = Follower(person, message_id)
        stored = await _read(follower, 0)
        first.append(stored)
        if live := _live(person, message_id):
            streams.append(follow(live, 0, request_id, beside=True, follower=follower))
        else:
            streams.append(_from_postgres(follower, stored, 0, deadline, request_id, beside=True))
    one = first[0]
    start = sse.start_all(
        one.conversation_id, one.parent_message_id, message_ids, [stored.model_id for stored in first]
    )
    return side_by_side(start, streams)


def _live(person: Person, message_id: UUID) -> Answer | None:
    """The answer, where this process writes it."""
    live = running.get(message_id)
    return live if live is not None and live.turn.person.user_id == person.user_id else None


async def _from_postgres(
    follower: Follower, stored: StoredAnswer, offset: int, deadline: float, request_id: str, *, beside: bool = False
) -> AsyncIterator[bytes]:
    whose = stored.id if beside else None
    if not beside:
        yield sse.start(stored.conversation_id, stored.parent_message_id, stored.id, stored.model_id)
    reading = _Reading(offset)
    last_sent = time.monotonic()
    while stored.state == "streaming":
        if follower.over:
            yield sse.end(stored.id, _ending(stored, moved_on()), request_id)
            return
        fresh = reading.fresh(stored.pieces)
        if fresh:
            yield sse.pieces(fresh, whose)
            last_sent = time.monotonic()
        elif time.monotonic() - last_sent >= SECONDS_OF_SILENCE:
            yield sse.ALIVE
            last_sent = time.monotonic()
        if time.time() > deadline - SECONDS_BEFORE_DEADLINE:
            yield sse.end(
                stored.id, _ending(stored, UpstreamTimeout("Still being written; please resume.")), request_id
            )
            return
        await asyncio.sleep(SECONDS_BETWEEN_READS)
        try:
            stored = await _read(follower, reading.seen)
        except Busy:
            stored = replace(stored, pieces=[])  # Postgres is away, the answer may well go on
        except NotFound:
            stored = replace(stored, state="stopped", finish_reason="cancelled")  # deleted meanwhile, which stops it
    if rest := stored.content[reading.offset :]:
        yield sse.pieces([Event("text", reading.offset, rest)], whose)
    yield sse.end(stored.id, _ending(stored, _error_of(stored)), request_id)


def _error_of(stored: StoredAnswer) -> OneAIError | None:
    if stored.state in ("complete", "stopped"):
        return None
    return BY_CODE.get(stored.error_code or "", InternalError)()


def _ending(stored: StoredAnswer, error: OneAIError | None) -> Ending:
    return Ending(
        state=stored.state,
        finish_reason=stored.finish_reason,
        requested_model=stored.model_id,
        model=stored.model_served,
        provider=stored.provider,
        usage=stored.usage or {},
        quota=stored.quota
        and {name: stored.quota[name] for name in ("key", "used", "limit", "remaining", "resets_at")},
        error=error,
        notice=notice(stored.state, stored.finish_reason, empty=not (stored.content or stored.drew)),
    )


async def _read(follower: Follower, seen: int) -> StoredAnswer:
    stored = await _select(follower, seen)
    if stored.state == "streaming" and not stored.alive and await expire_answer(stored.id):
        stored = await _select(follower, seen)
    return stored


async def _select(follower: Follower, seen: int) -> StoredAnswer:
    """The answer, and in the same round trip the follower's place among those who follow it."""
    person = follower.person
    found = await db.read_as(
        person,
        """
        select m.id, m.conversation_id, m.parent_message_id, m.model_id, m.content,
          m.metadata ? 'images' as drew, m.state, m.finish_reason, m.model_served, m.provider, m.usage, m.error_code,
          coalesce(
            c.answering_until > oneai.now() and c.answering_message_id = coalesce(m.turn_id, m.id), false) as alive,
          (select coalesce(json_agg(json_build_object('n', p.n, 'kind', p.kind, 'at', p.at, 'text', p.text)
                                    order by p.n), '[]')
           from oneai.answer_pieces as p where p.message_id = m.id and p.n > %s) as pieces,
          (select oneai.quota_json(q) from oneai.usage_events as e
           join oneai.usage_quotas as q on q.user_id = e.user_id and q.quota_key = e.quota_key
           where e.message_id = m.id and e.purpose = 'answer') as quota,
          case m.state when 'streaming' then oneai.follow(m.id, %s, %s, %s) end as ended
        from oneai.chat_messages as m join oneai.conversations as c on c.id = m.conversation_id
        where m.id = %s and m.role = 'assistant' and m.user_id = %s and coalesce(c.expires_at > oneai.now(), true)
        """,
        [seen, *follower.claim(), follower.message_id, person.user_id],
        StoredAnswer,
    )
    if not found:
        raise NotFound
    if found[0].state == "streaming":
        follower.heard(found[0].ended)
    return found[0]
