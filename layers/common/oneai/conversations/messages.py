"""The visible branch of a conversation, page by page from either end."""

from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel

from oneai import cursors, db, files, log
from oneai.conversations import item
from oneai.conversations.feedback import Feedback
from oneai.db import Person
from oneai.errors import NotFound

# A page stops growing here, so that it fits Lambda's 6 MB however it is written: JSON within JSON makes seven bytes of
# a control character. One message alone may be longer, as long as `chat.Question` takes it.
PAGE_BYTES = 850_000
# What a message takes beside its text, its metadata, its usage and a note on it.
BARE_BYTES = 700
# One message's pictures beyond this are left out: they would make the whole conversation unreadable.
IMAGE_BYTES = 4_500_000
AFTER_ALL = 2**31 - 1

Direction = Literal["older", "newer"]


class Usage(BaseModel):
    """What an answer took; `estimated` until the upstream has said so."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost_micro_usd: int
    estimated: bool


class Message(BaseModel):
    """One message; `model` is the one that served, or the one asked while none has; `usage` is null for questions.

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
    feedback: Feedback | None
    metadata: dict[str, Any]
    created_at: datetime


class MessagePage(BaseModel):
    """Some messages, ascending; `next_cursor` leads further in the direction that was asked for."""

    items: list[Message]
    next_cursor: str | None


class Row(Message):
    """A message of a page, the conversation it is in, and how many there were to choose from."""

    conversation_id: UUID
    title: str | None
    lapsed: bool
    found: int


class WholeConversation(item.Costed):
    """A conversation with the newest page of its messages."""

    messages: MessagePage


async def whole(person: Person, conversation_id: UUID) -> WholeConversation:
    """The conversation, its cost and its newest messages. Raises NotFound."""
    messages = await page(person, conversation_id)
    found = await item.one(person, conversation_id)
    if found is None:
        raise NotFound
    return WholeConversation(**found.model_dump(), messages=messages)


async def page(
    person: Person, conversation_id: UUID, cursor: str | None = None, limit: int = 50, direction: Direction = "older"
) -> MessagePage:
    """The newest page, or going `newer` the oldest, or the one beyond `cursor`. Raises NotFound."""
    beyond = cursors.decode(cursor, int)[0] if cursor is not None else AFTER_ALL if direction == "older" else 0
    mine = [conversation_id, person.user_id, max(0, min(beyond, AFTER_ALL)), limit + 1]
    rows = await shown(person, _OLDER if direction == "older" else _NEWER, mine, limit)
    if not rows and not await item.exists(person, conversation_id):
        raise NotFound
    last = rows[-1].sequence_number if rows and rows[0].found > len(rows) else None
    rows.sort(key=lambda row: row.sequence_number)
    return MessagePage(
        items=[Message.model_validate(row.model_dump()) for row in rows],
        next_cursor=None if last is None else cursors.encode(last),
    )


async def shown(person: Person, chosen: LiteralString, params: list[Any], limit: int) -> list[Row]:
    """Messages as they are shown, in the order of their `place`: up to `limit`, and no more than fit one page.

    `chosen` selects rows of chat_messages with a `place` from 1. Answers found lapsed are settled first.
    """
    rows = await _select(person, chosen, params, limit)
    lapsed = [row for row in rows if row.lapsed]
    for row in lapsed:
        (settled,) = await db.call("select oneai.settle_lapsed(%s)", [row.id], idempotent=True)
        if settled:
            log.count("OperatorAlert", kind="reservation_lapsed")
    rows = await _select(person, chosen, params, limit) if lapsed else rows
    for row, metadata in zip(rows, await files.shown(person.user_id, [row.metadata for row in rows]), strict=True):
        row.metadata = metadata
    return rows


_MINE: LiteralString = f"""
    m.is_latest and m.conversation_id = (
      select c.id from oneai.conversations as c where c.id = %s and c.user_id = %s and {item.NOT_FORGOTTEN})
"""
_OLDER: LiteralString = f"""
  select o.*, row_number() over (order by o.sequence_number desc) as place from (
    select * from oneai.chat_messages as m where {_MINE} and m.sequence_number < %s
    order by m.sequence_number desc limit %s
  ) as o
"""
_NEWER: LiteralString = f"""
  select n.*, row_number() over (order by n.sequence_number) as place from (
    select * from oneai.chat_messages as m where {_MINE} and m.sequence_number > %s
    order by m.sequence_number limit %s
  ) as n
"""


async def _select(person: Person, chosen: LiteralString, params: list[Any], limit: int) -> list[Row]:
    return await db.read_as(
        person,
        f"""
        with chosen as ({chosen}), sent as materialized (
          select m.*, case m.state when 'streaming' then (
              select coalesce(string_agg(p.text, '' order by p.at), '') from oneai.answer_pieces as p
              where p.message_id = m.id and p.kind = 'text') else m.content end as said,
            case when m.metadata ? 'images' and octet_length(m.metadata::text) > %s
              then (m.metadata - 'images')
                || jsonb_build_object('images_left_out', jsonb_array_length(m.metadata -> 'images'))
              else m.metadata end as details,
            (select jsonb_build_object('rating', f.rating, 'note', f.note) from oneai.message_feedback as f
              where f.message_id = m.id) as feedback
          from chosen as m
        ), measured as (
          select s.*, count(*) over () as found, sum(%s + octet_length(s.said) + octet_length(s.details::text)
            + coalesce(octet_length(s.usage::text), 0) + coalesce(octet_length(s.feedback::text), 0)
          ) over (order by s.place) as bytes
          from sent as s
        )
        select m.id, m.role, m.said as content, m.state, m.sequence_number, m.revision_number, m.revision_type,
          m.original_message_id, m.is_latest, m.parent_message_id, m.finish_reason, m.usage,
          case m.role when 'assistant' then coalesce(m.model_served, m.model_id) end as model,
          m.feedback, m.details as metadata, m.created_at, s.revision_count, s.revision_position, m.found,
          m.conversation_id, c.title,
          m.state = 'streaming' and not coalesce(
            c.answering_message_id = coalesce(m.turn_id, m.id) and c.answering_until > oneai.now(), false) as lapsed
        from measured as m
        join oneai.conversations as c on c.id = m.conversation_id
        cross join lateral (
          select count(*) as revision_count,
            count(*) filter (where r.revision_number <= m.revision_number) as revision_position
          from oneai.chat_messages as r
          where r.conversation_id = m.conversation_id and r.sequence_number = m.sequence_number and r.role = m.role
            and r.parent_message_id is not distinct from m.parent_message_id
        ) as s
        where m.place = 1 or (m.place <= %s and m.bytes <= %s)
        order by m.place
        """,
        [*params, IMAGE_BYTES, BARE_BYTES, limit, PAGE_BYTES],
        Row,
    )
