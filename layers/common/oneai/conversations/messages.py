"""The visible branch of a conversation, page by page from its newest message."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from oneai import db, log
from oneai.conversations import cursors
from oneai.db import Person
from oneai.errors import NotFound

# A page stops growing here, so that it fits Lambda's 6 MB however it is written: JSON within JSON makes seven bytes of
# a control character. One message alone may be longer, as long as `chat.Question` takes it.
PAGE_BYTES = 850_000
# One message's pictures beyond this are left out: they would make the whole conversation unreadable.
IMAGE_BYTES = 4_500_000
AFTER_ALL = 2**31 - 1


class Usage(BaseModel):
    """What an answer took; `estimated` until the upstream has said so."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost_micro_usd: int
    estimated: bool


class Message(BaseModel):
    """One message; `model` is the one that served, `usage` is null for questions.

    `metadata.images` has an answer's pictures, `metadata.images_left_out` how many were too large to be sent.
    """

    id: UUID
    role: Literal["user", "assistant"]
    content: str
    state: Literal["streaming", "complete", "stopped", "truncated", "failed"]
    sequence_number: int
    revision_number: int
    revision_count: int
    revision_position: int
    revision_type: Literal["user_edit", "regeneration"] | None
    original_message_id: UUID | None
    is_latest: bool
    parent_message_id: UUID | None
    model: str | None
    finish_reason: str | None
    usage: Usage | None
    metadata: dict[str, Any]
    created_at: datetime


class MessagePage(BaseModel):
    """Some messages, ascending; `next_cursor` leads to older ones."""

    items: list[Message]
    next_cursor: str | None


class _Row(Message):
    lapsed: bool
    has_older: bool


async def page(person: Person, conversation_id: UUID, cursor: str | None, limit: int) -> MessagePage:
    """The newest page, or the one before `cursor`; an answer found lapsed is settled first. Raises NotFound."""
    before = AFTER_ALL if cursor is None else cursors.decode(cursor, int)[0]
    rows = await _select(person, conversation_id, before, limit)
    lapsed = [row for row in rows if row.lapsed]
    if lapsed:
        for row in lapsed:
            (settled,) = await db.call("select oneai.settle_lapsed(%s)", [row.id], idempotent=True)
            if settled:
                log.count("OperatorAlert", kind="reservation_lapsed")
        rows = await _select(person, conversation_id, before, limit)
    if not rows:
        await _must_exist(person, conversation_id)
    oldest_first = rows[::-1]
    items = [Message.model_validate(row.model_dump()) for row in oldest_first]
    more = bool(rows) and oldest_first[0].has_older
    return MessagePage(items=items, next_cursor=cursors.encode(items[0].sequence_number) if more else None)


async def _select(person: Person, conversation_id: UUID, before: int, limit: int) -> list[_Row]:
    return await db.read_as(
        person,
        """
        with newest as (
          select m.*, sum(octet_length(m.content) + octet_length(m.metadata::text))
            over (order by m.sequence_number desc) as bytes,
            row_number() over (order by m.sequence_number desc) as place
          from (
            select * from oneai.chat_messages
            where conversation_id = %s and user_id = %s and is_latest and sequence_number < least(%s, 2147483647)
            order by sequence_number desc limit %s
          ) as m
        )
        select m.id, m.role, m.state, m.sequence_number, m.revision_number, m.revision_type, m.original_message_id,
          m.is_latest, m.parent_message_id, m.model_served as model, m.finish_reason, m.usage, m.created_at,
          case when m.metadata ? 'images' and octet_length(m.metadata::text) > %s
            then (m.metadata - 'images')
              || jsonb_build_object('images_left_out', jsonb_array_length(m.metadata -> 'images'))
            else m.metadata end as metadata,
          s.revision_count, s.revision_position, m.sequence_number > 1 as has_older,
          case m.state when 'streaming' then (
            select coalesce(string_agg(p.text, '' order by p.at), '') from oneai.answer_pieces as p
            where p.message_id = m.id and p.kind = 'text') else m.content end as content,
          m.state = 'streaming' and not exists (
            select from oneai.conversations as c
            where c.id = m.conversation_id and c.answering_message_id = m.id and c.answering_until > oneai.now()
          ) as lapsed
        from newest as m
        cross join lateral (
          select count(*) as revision_count,
            count(*) filter (where r.revision_number <= m.revision_number) as revision_position
          from oneai.chat_messages as r
          where r.conversation_id = m.conversation_id and r.sequence_number = m.sequence_number and r.role = m.role
            and r.parent_message_id is not distinct from m.parent_message_id
        ) as s
        where m.place = 1 or m.bytes <= %s
        order by m.sequence_number desc
        """,
        [conversation_id, person.user_id, before, limit, IMAGE_BYTES, PAGE_BYTES],
        _Row,
    )


async def _must_exist(person: Person, conversation_id: UUID) -> None:
    found = await db.read_as(
        person,
        "select id from oneai.conversations where id = %s and user_id = %s",
        [conversation_id, person.user_id],
        dict,
    )
    if not found:
        raise NotFound
