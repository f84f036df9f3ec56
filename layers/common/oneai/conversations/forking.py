"""Going on from what somebody shared: a copy of it in one's own account."""

from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from pydantic import BaseModel, Field

from oneai import db
from oneai.conversations.sharing import token_hash
from oneai.db import Person
from oneai.errors import AccountSuspended, Forbidden, NotFound

# A long conversation's words are all indexed anew; whoever asked is told after 29 s, and this leaves time to tell it.
COPY_SECONDS = 25


class Fork(BaseModel):
    """The copy, which is the reader's own."""

    conversation_id: UUID = Field(description="The copy's id.")


@dataclass
class _Tried:
    allowed: bool
    known: bool
    suspended: bool


async def fork(person: Person, token: str, idempotency_key: str | None = None) -> Fork:
    """Copies what the link shows at this moment: title, model and messages, none of the cost, no system prompt.

    With the same key the same share is copied once. Raises NotFound, Forbidden where its owner does not want that
    (they may themselves), AccountSuspended.
    """
    opens = token_hash(token)
    copy = uuid5(person.user_id, f"fork {opens.hex()} {idempotency_key}") if idempotency_key else uuid4()
    tried = await _copy(person, opens, copy)
    if tried.allowed and not tried.known:
        await db.call("select oneai.add_person(%s)", [person.user_id], idempotent=True)  # sign-up stayed incomplete
        tried = await _copy(person, opens, copy)
    if not tried.allowed:
        raise Forbidden("Whoever shared this does not want it copied.")
    if tried.suspended:
        raise AccountSuspended
    return Fork(conversation_id=copy)


async def _copy(person: Person, opens: bytes, copy: UUID) -> _Tried:
    """One statement: the copy is whole or not there, also where two requests bring the same key at once."""
    rows = await db.as_service(
        """
        with reader as (
          select u.id, u.suspended_at is not null as suspended from oneai.users as u where u.id = %s
        ), found as (
          select s.id, s.fork or s.user_id = %s as allowed,
            case s.kind when 'live' then c.title else s.title end as title,
            case s.kind when 'live' then c.model else s.model end as model
          from oneai.open_share(%s) as s join oneai.conversations as c on c.id = s.conversation_id
        ), made as (
          insert into oneai.conversations (id, user_id, title, title_asked_at, model)
          select %s, r.id, f.title, case when f.title is not null then oneai.now() end, f.model
          from found as f cross join reader as r where f.allowed and not r.suspended
          on conflict do nothing  -- of either unique key: another request may be copying with the same
          returning id, user_id
        ), seen as (
          select gen_random_uuid() as copy, row_number() over (order by m.sequence_number) as n, m.*
          from made cross join found as f cross join lateral oneai.shared_messages(f.id, 0, 2147483647) as m
          where m.state <> 'streaming'
        ), copied as (
          insert into oneai.chat_messages (id, conversation_id, user_id, role, content, state, model_id, model_served,
            finish_reason, sequence_number, parent_message_id, metadata, created_at, ended_at)
          select s.copy, c.id, c.user_id, s.role, s.content, s.state, s.model_id, s.model_served, s.finish_reason, s.n,
            lag(s.copy) over (order by s.n), jsonb_strip_nulls(jsonb_build_object(
              'attachments', nullif(s.attachments, '[]'), 'images_left_out', nullif(s.images, 0))),
            s.created_at, s.ended_at
          from seen as s cross join made as c
        )
        select f.allowed, r.id is not null as known, coalesce(r.suspended, false) as suspended
        from found as f left join reader as r on true
        """,
        [person.user_id, person.user_id, opens, copy],
        _Tried,
        seconds=COPY_SECONDS,
    )
    if not rows:
        raise NotFound
    return rows[0]
