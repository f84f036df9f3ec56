"""Resumes an answer: streams it from an offset, live if this process generates it, else from Postgres."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from oneai.chat.attachments import generated_images
from oneai.chat.stream import sse
from oneai.chat.stream.follow import follow, multiplex
from oneai.chat.stream.follower_leases import Follower, follower_replaced
from oneai.chat.stream.format import StreamFormat
from oneai.chat.turn.answer import Delta, DeltaKind, Ending, answer_notice, running_answer
from oneai.chat.turn.settle import expire_answer
from oneai.errors import BY_CODE, Busy, InternalError, NotFound, OneAIError, UpstreamTimeout
from oneai.postgres import db
from oneai.postgres.db import Principal

# New pieces are stored about once a second; reading twice as often is enough.
SECONDS_BETWEEN_READS = 0.5
SECONDS_OF_SILENCE = 15.0
SECONDS_BEFORE_DEADLINE = 5.0


@dataclass
class StoredAnswer:
    """A stored answer; `created` is in seconds since 1970. `pieces` are those after the last one read, in order.
    `structured` equals `Answer.structured` once the answer has ended, and `reasoning` has its thoughts.
    `ended_followers` is the result of `oneai.follow` while the answer is running."""

    id: UUID
    conversation_id: UUID
    parent_message_id: UUID
    model_id: str
    created: int
    content: str
    reasoning: str | None
    has_images: bool
    structured: dict[str, Any]
    sources: list[dict[str, Any]] | None
    state: Any
    finish_reason: str | None
    model_served: str | None
    provider: str | None
    usage: dict[str, Any] | None
    error_code: str | None
    first_token_ms: int | None
    alive: bool
    pieces: list[dict[str, Any]]
    quota: dict[str, Any] | None
    ended_followers: list[UUID] | None


@dataclass
class _ReadPosition:
    """The client's position: `offset` code points of text. Pieces up to the number `last_n` were read from Postgres;
    they end at `text_end` in the text and `reasoning_end` in the reasoning. `sources` are those that were sent."""

    offset: int
    text_end: int = 0
    reasoning_end: int = 0
    last_n: int = 0
    sources: list[dict[str, Any]] | None = None

    def advance(self, pieces: list[dict[str, Any]]) -> list[Delta]:
        """The parts of these pieces that the client does not have."""
        deltas: list[Delta] = []
        for piece in pieces:
            self.last_n = piece["n"]
            end = piece["at"] + len(piece["text"])
            if piece["kind"] == "text":
                self.text_end = end
                if end > self.offset:
                    deltas.append(Delta("text", self.offset, piece["text"][max(self.offset - piece["at"], 0) :]))
                    self.offset = end
            else:
                previous, self.reasoning_end = self.reasoning_end, max(self.reasoning_end, end)
                if self.text_end >= self.offset and self.reasoning_end > previous:
                    deltas.append(Delta("reasoning", self.offset, piece["text"][max(previous - piece["at"], 0) :]))
        return deltas


async def resume(
    principal: Principal,
    message_id: UUID,
    offset: int,
    *,
    deadline: float,
    request_id: str,
    stream_format: StreamFormat | None = None,
    with_images: bool = False,
) -> AsyncIterator[bytes]:
    """The stream after `offset` code points of text, starting with `start`, as the chat's events or in another
    `stream_format`. `with_images`: images are part of the format. Raises NotFound and Busy."""
    follower = Follower(principal, message_id)
    stream_format = stream_format or sse.ChatEvents(request_id)
    try:
        stored = await _read(follower, 0)
    except Busy:
        live = running_answer(principal.user_id, message_id)
        if live is not None and not live.is_deleted:
            return follow(live, offset, request_id, follower=follower, stream_format=stream_format)
        raise
    if live := running_answer(principal.user_id, message_id):
        return follow(live, offset, request_id, follower=follower, stream_format=stream_format)
    return _from_postgres(follower, stored, offset, deadline, stream_format, with_images=with_images)


async def resume_all(
    principal: Principal, message_ids: list[UUID], *, deadline: float, request_id: str
) -> AsyncIterator[bytes]:
    """A multiplexed stream of the answers to one question, each from its start. Raises NotFound and Busy."""
    streams: list[AsyncIterator[bytes]] = []
    stored_answers: list[StoredAnswer] = []
    for message_id in message_ids:
        follower = Follower(principal, message_id)
        stored = await _read(follower, 0)
        stored_answers.append(stored)
        if live := running_answer(principal.user_id, message_id):
            streams.append(follow(live, 0, request_id, multiplexed=True, follower=follower))
        else:
            streams.append(_from_postgres(follower, stored, 0, deadline, sse.ChatEvents(request_id, message_id)))
    first = stored_answers[0]
    models = [stored.model_id for stored in stored_answers]
    start = sse.start_all(first.conversation_id, first.parent_message_id, message_ids, models)
    return multiplex(start, streams)


async def _from_postgres(
    follower: Follower,
    stored: StoredAnswer,
    offset: int,
    deadline: float,
    stream_format: StreamFormat,
    *,
    with_images: bool = False,
) -> AsyncIterator[bytes]:
    if start := stream_format.start(
        stored.conversation_id, stored.parent_message_id, stored.id, stored.model_id, stored.created
    ):
        yield start
    position = _ReadPosition(offset)
    last_sent = time.monotonic()
    while stored.state == "streaming":
        if follower.ended:
            yield stream_format.end(stored.id, _ending(stored, follower_replaced()))
            return
        if news := _news(position, stored, position.advance(stored.pieces), stream_format):
            yield news
            last_sent = time.monotonic()
        elif time.monotonic() - last_sent >= SECONDS_OF_SILENCE:
            yield stream_format.keep_alive
            last_sent = time.monotonic()
        if time.time() > deadline - SECONDS_BEFORE_DEADLINE:
            yield stream_format.end(
                stored.id, _ending(stored, UpstreamTimeout("The answer is still running. Please resume."))
            )
            return
        await asyncio.sleep(SECONDS_BETWEEN_READS)
        try:
            stored = await _read(follower, position.last_n)
        except Busy:
            stored = replace(stored, pieces=[])  # Postgres is down; the answer may still be generated
        except NotFound:
            stored = replace(stored, state="stopped", finish_reason="cancelled")  # it was deleted, which stops it
    thoughts = _rest_of_thoughts(stored, position)
    if news := _news(position, stored, [*thoughts, *_rest(stored, position.offset)], stream_format):
        yield news
    images: list[str] = []
    if with_images and stored.has_images:
        try:
            images = await generated_images.load(follower.principal, stored.id)
        except OneAIError as error:
            yield stream_format.end(stored.id, _ending(stored, error))
            return
    if structured := stream_format.deltas(_structured(stored, images)):
        yield structured
    yield stream_format.end(stored.id, _ending(stored, _error_of(stored)))


def _news(position: _ReadPosition, stored: StoredAnswer, deltas: list[Delta], stream_format: StreamFormat) -> bytes:
    """These deltas, preceded by the sources if they changed; empty if there is nothing new."""
    sources = b""
    if stored.sources is not None and stored.sources != position.sources:
        position.sources = stored.sources
        sources = stream_format.sources(stored.sources)
    return sources + (stream_format.deltas(deltas) if deltas else b"")


def _structured(stored: StoredAnswer, images: list[str]) -> list[Delta]:
    """Data besides text, which is stored when the answer is settled, in the order in which models send it."""
    kept = stored.structured
    found: list[tuple[DeltaKind, str]] = [
        *_kept(kept, "reasoning_details"),
        *(("tool_call", json.dumps({"index": n, **call})) for n, call in enumerate(kept.get("tool_calls") or ())),
        *(("image", url) for url in images),
        *_kept(kept, "annotations"),
        *_kept(kept, "logprobs"),
    ]
    return [Delta(kind, len(stored.content), text) for kind, text in found]


def _kept(structured: dict[str, Any], kind: DeltaKind) -> list[tuple[DeltaKind, str]]:
    return [(kind, json.dumps(structured[kind]))] if kind in structured else []


def _rest_of_thoughts(stored: StoredAnswer, position: _ReadPosition) -> list[Delta]:
    """The thoughts of an ended answer that its stream has not sent, in one piece: where text interrupted them is not
    stored. None for a client that resumes after some text and has not followed the answer: it has them, or reads them
    with the message."""
    if position.text_end < position.offset or (position.offset and not position.last_n):
        return []
    rest = (stored.reasoning or "")[position.reasoning_end :]
    return [Delta("reasoning", position.offset, rest)] if rest else []


def _rest(stored: StoredAnswer, offset: int) -> list[Delta]:
    """The text after `offset`; a refusal at its end has its own kind."""
    refusal_at = len(stored.content) - len(stored.structured.get("refusal") or "")
    text, refusal = stored.content[offset:refusal_at], stored.content[max(offset, refusal_at) :]
    deltas = [Delta("text", offset, text)] if text else []
    return [*deltas, Delta("refusal", max(offset, refusal_at), refusal)] if refusal else deltas


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
        usage={"web_search_requests": 0, **stored.usage} if stored.usage else {},
        quota=stored.quota
        and {name: stored.quota[name] for name in ("key", "used", "limit", "remaining", "resets_at")},
        first_token_ms=stored.first_token_ms,
        error=error,
        outcome=stored.structured.get("outcome"),
        notice=answer_notice(
            stored.state,
            empty=not (stored.content or stored.has_images or "tool_calls" in stored.structured),
            refused="refusal" in stored.structured,
        ),
    )


async def _read(follower: Follower, last_n: int) -> StoredAnswer:
    stored = await _select(follower, last_n)
    if stored.state == "streaming" and not stored.alive and await expire_answer(stored.id):
        stored = await _select(follower, last_n)
    return stored


async def _select(follower: Follower, last_n: int) -> StoredAnswer:
    """Reads the answer, and renews the follower's lease in the same round trip."""
    principal = follower.principal
    if follower.of_visitor is not None:
        return await _select_for_visitor(follower, follower.of_visitor, last_n)
    rows = await db.read_as(
        principal,
        """
        select m.id, m.conversation_id, m.parent_message_id, m.model_id,
          floor(extract(epoch from m.created_at))::bigint as created, m.content, m.reasoning,
          m.metadata ? 'images' as has_images, m.metadata - 'sources' - 'images' as structured,
          oneai.shown_sources(m.metadata -> 'sources', m.user_id) as sources, m.state, m.finish_reason,
          m.model_served, m.provider, m.usage, m.error_code, m.first_token_ms,
          coalesce(
            c.answering_until > oneai.now() and c.answering_message_id = coalesce(m.turn_id, m.id), false) as alive,
          (select coalesce(json_agg(json_build_object('n', p.n, 'kind', p.kind, 'at', p.at, 'text', p.text)
                                    order by p.n), '[]')
           from oneai.answer_pieces as p where p.message_id = m.id and p.n > %s) as pieces,
          (select oneai.quota_json(q) from oneai.usage_events as e
           join oneai.usage_quotas as q on q.workspace_id = e.workspace_id and q.quota_key = e.quota_key
           where e.message_id = m.id and e.purpose = 'answer') as quota,
          case m.state when 'streaming' then oneai.follow(m.id, %s, %s, %s) end as ended_followers
        from oneai.chat_messages as m join oneai.conversations as c on c.id = m.conversation_id
        where m.id = %s and m.role = 'assistant' and coalesce(c.expires_at > oneai.now(), true)
        """,
        [last_n, *follower.lease_arguments(), follower.message_id],
        StoredAnswer,
    )
    if not rows:
        raise NotFound
    if rows[0].state == "streaming":
        follower.apply_lease(rows[0].ended_followers)
    return rows[0]


async def _select_for_visitor(follower: Follower, public_id: str, last_n: int) -> StoredAnswer:
    """The same for the answer of a chatbot to its visitor. Raises ChatbotNotFound too."""
    visitor_id = follower.principal.user_id
    lease_id, first, _ = follower.lease_arguments()
    (row,) = await db.call(
        "select oneai.visitor_answer(%s, %s, %s, %s, %s, %s)",
        [public_id, visitor_id, follower.message_id, last_n, lease_id, first],
        idempotent=True,
    )
    ids = {name: UUID(row[name]) for name in ("id", "conversation_id", "parent_message_id")}
    ended = row["ended_followers"]
    ended_ids = None if ended is None else [UUID(each) for each in ended]
    stored = StoredAnswer(**{**row, **ids, "ended_followers": ended_ids})
    if stored.state == "streaming":
        follower.apply_lease(ended_ids)
    return stored
