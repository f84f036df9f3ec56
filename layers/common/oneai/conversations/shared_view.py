"""The public view of share links: reading without signing in.

A link closes for the next request by expiry, revocation, takedown, deletion of the conversation or suspension of its
owner. Responses do not reveal the reason, nor whether the link ever existed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.conversations.messages import PAGE_BYTES
from oneai.conversations.share_links import token_hash
from oneai.errors import NotFound
from oneai.postgres import db

MAX_SEQUENCE_NUMBER = 2**31 - 1


class SharedAttachment(BaseModel):
    """That something was attached, and what; not where it is."""

    type: str | None = Field(description="`image`, `text` or `file`.")
    name: str | None = Field(description="The file's name.")
    media_type: str | None = Field(description="The file's media type.")
    size: int | None = Field(description="Bytes.")


class SharedSource(BaseModel):
    """A passage of a document that an answer is from; not which document it is."""

    n: int = Field(description="The number by which the answer names it, as in `[1]`.")
    name: str = Field(description="The document's name.")
    snippet: str = Field(description="How the passage begins.")


class SharedMessage(BaseModel):
    """One message as any reader may see it."""

    sequence_number: int = Field(description="The message's place in the conversation, from 1.")
    role: Literal["user", "assistant"] = Field(description="`user` asked, `assistant` answered.")
    content: str = Field(description="The text.")
    state: Literal["streaming", "complete", "stopped", "truncated", "failed"] = Field(
        description="`truncated`: the answer broke off and its text is kept; `failed`: it has none."
    )
    requested_model: str | None = Field(description="The model that was requested for the answer; null for questions.")
    model: str | None = Field(description="The model that served the answer; null for questions.")
    attachments: list[SharedAttachment] = Field(description="What was sent along with a question.")
    images: int = Field(description="How many pictures an answer has; they are not shown.")
    sources: list[SharedSource] = Field(
        description="What an answer is from; empty unless the owner shows it (`show_sources`)."
    )
    created_at: datetime = Field(description="When it was written.")


class SharedMessagePage(BaseModel):
    """A page of shared messages."""

    items: list[SharedMessage] = Field(description="The messages, in the order of the conversation.")
    next_cursor: str | None = Field(description="Leads to the next page; null on the last one.")


class SharedConversation(BaseModel):
    """What a link shows."""

    kind: Literal["snapshot", "live"] = Field(
        description="`snapshot`: as it was when it was shared; `live`: as it is now."
    )
    title: str | None = Field(description="The conversation's title.")
    name: str | None = Field(description="The name of the person who shared it; null where they do not want it shown.")
    fork: bool = Field(description="Whether it may be copied.")
    created_at: datetime = Field(description="When it was shared.")
    expires_at: datetime | None = Field(description="When the link ends; null: never by itself.")
    messages: SharedMessagePage = Field(description="A page of its visible branch.")


@dataclass
class _Row:
    kind: Literal["snapshot", "live"]
    title: str | None
    name: str | None
    fork: bool
    created_at: datetime
    expires_at: datetime | None
    found: int | None
    message: dict[str, Any] | None


async def read_share(token: str, cursor: str | None, limit: int) -> SharedConversation:
    """What the link shows, `limit` messages from `cursor` on. Raises NotFound, InvalidRequest for an invalid cursor."""
    after = 0 if cursor is None else max(0, min(cursors.decode(cursor, int)[0], MAX_SEQUENCE_NUMBER))
    rows = await db.as_service(
        """
        select s.kind, case s.kind when 'live' then c.title else s.title end as title,
          case when s.show_name then case s.kind when 'live' then u.name else s.name end end as name,
          s.fork, s.created_at, s.expires_at, m.found,
          case when m.place is not null then jsonb_build_object(
            'sequence_number', m.sequence_number, 'role', m.role, 'content', m.content, 'state', m.state,
            'requested_model', case m.role when 'assistant' then m.model_id end, 'model', m.model_served,
            'attachments', m.attachments, 'images', m.images, 'sources', m.sources, 'created_at', m.created_at
          ) end as message
        from oneai.open_share(%s) as s
        join oneai.conversations as c on c.id = s.conversation_id
        join oneai.users as u on u.id = s.user_id
        left join lateral (
          select one.*, count(*) over () as found, row_number() over (order by one.sequence_number) as place,
            sum(octet_length(one.content) + octet_length(one.attachments::text)
              + octet_length(one.sources::text)) over (order by one.sequence_number)
              as bytes
          from oneai.shared_messages(s.id, %s, %s) as one
        ) as m on m.place = 1 or (m.place <= %s and m.bytes <= %s)
        order by m.sequence_number
        """,
        [token_hash(token), after, limit + 1, limit, PAGE_BYTES],
        _Row,
    )
    if not rows:
        raise NotFound
    shared = rows[0]
    items = [SharedMessage.model_validate(row.message) for row in rows if row.message is not None]
    more = len(items) < (shared.found or 0)
    return SharedConversation(
        kind=shared.kind,
        title=shared.title,
        name=shared.name,
        fork=shared.fork,
        created_at=shared.created_at,
        expires_at=shared.expires_at,
        messages=SharedMessagePage(
            items=items, next_cursor=cursors.encode(items[-1].sequence_number) if more else None
        ),
    )
