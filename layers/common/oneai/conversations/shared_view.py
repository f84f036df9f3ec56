"""The public view of share links: reading without signing in.

A link closes with the next request after its expiry, revocation, takedown, the deletion of the conversation or the
suspension of its owner. Responses reveal neither the reason nor whether the link ever existed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from oneai import cursors
from oneai.conversations.adjustments import Adjusted
from oneai.conversations.messages import PAGE_BYTES
from oneai.conversations.share_tokens import token_hash
from oneai.errors import NotFound
from oneai.models.outcome import MAX_REASONING
from oneai.postgres import db
from oneai.web_address import web_address

MAX_SEQUENCE_NUMBER = 2**31 - 1


class SharedAttachment(BaseModel):
    """The name and type of an attachment, without its location."""

    type: str | None = Field(description="`image`, `text` or `file`.")
    name: str | None = Field(description="The file's name.")
    media_type: str | None = Field(description="The file's media type.")
    size: int | None = Field(description="Bytes.")


class SharedSource(BaseModel):
    """A passage that an answer is based on, without its document's id, or a web page that it cites."""

    n: int = Field(description="The number in the answer, as in `[1]`.")
    name: str = Field(description="The document's name, or the page's own title: show the host of `url` with it.")
    snippet: str = Field(description="The start of the passage.")
    url: Annotated[str | None, AfterValidator(web_address)] = Field(
        default=None, description="The address of the page, http or https; null for a document."
    )


class SharedMessage(BaseModel):
    """One message as any reader may see it."""

    sequence_number: int = Field(description="The message's position in the conversation, from 1.")
    role: Literal["user", "assistant"] = Field(description="`user` asked, `assistant` answered.")
    content: str = Field(description="The text.")
    state: Literal["streaming", "complete", "stopped", "truncated", "failed"] = Field(
        description="`truncated`: the answer was interrupted and its text is stored; `failed`: it has none."
    )
    requested_model: str | None = Field(description="The requested model; null for questions.")
    model: str | None = Field(description="The model that served the answer; null for questions.")
    adjust: Adjusted | None = Field(description="How an answer changes another version of it; null if it does not.")
    edited: bool = Field(description="Whether the owner has edited the answer by hand.")
    attachments: list[SharedAttachment] = Field(description="The attachments of a question.")
    images: int = Field(description="The number of images in an answer; they are not shown.")
    sources: list[SharedSource] = Field(
        description="The sources of an answer; empty unless the owner shows them (`show_sources`)."
    )
    reasoning: str | None = Field(
        description="The thoughts of the model, once it has answered; null unless the owner shows them "
        "(`show_reasoning`)."
    )
    reasoning_length: int | None = Field(description="The code points that the model wrote of them.")
    reasoning_is_cut: bool = Field(description="Whether only the first 200,000 of them are stored.")
    created_at: datetime = Field(description="When it was written.")


class SharedMessagePage(BaseModel):
    """A page of shared messages."""

    items: list[SharedMessage] = Field(description="The messages, in the order of the conversation.")
    compared: list[SharedMessage] = Field(
        description="Answers that were asked together with the last message, to be shown beside it; empty where the "
        "owner has chosen one, and on pages without that message."
    )
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class SharedConversation(BaseModel):
    """What a link shows."""

    kind: Literal["snapshot", "live"] = Field(
        description="`snapshot` shows the state at the time of sharing; `live` shows the latest state."
    )
    title: str | None = Field(description="The conversation's title.")
    name: str | None = Field(description="The owner's name; null if the owner hides it.")
    fork: bool = Field(description="Whether it may be copied.")
    created_at: datetime = Field(description="When it was shared.")
    expires_at: datetime | None = Field(description="When the link expires; null: never.")
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
    beside: int | None
    message: dict[str, Any] | None


async def read_share(token: str, cursor: str | None, limit: int) -> SharedConversation:
    """Returns what the link shows, `limit` messages from `cursor` on. Raises NotFound, InvalidRequest for the
    cursor."""
    after = 0 if cursor is None else max(0, min(cursors.decode(cursor, int)[0], MAX_SEQUENCE_NUMBER))
    rows = await db.as_service(
        """
        select s.kind, case s.kind when 'live' then c.title else s.title end as title,
          case when s.show_name then case s.kind when 'live' then u.name else s.name end end as name,
          s.fork, s.created_at, s.expires_at, m.found, m.beside,
          case when m.place is not null then jsonb_build_object(
            'sequence_number', m.sequence_number, 'role', m.role, 'content', m.content, 'state', m.state,
            'requested_model', case m.role when 'assistant' then m.model_id end, 'model', m.model_served,
            'attachments', m.attachments, 'images', m.images, 'sources', m.sources, 'reasoning', m.reasoning,
            'reasoning_length', m.reasoning_length,
            'adjust', m.made -> 'adjust', 'edited', coalesce(m.made ? 'edited', false),
            'reasoning_is_cut', coalesce(m.reasoning_length > %s, false), 'created_at', m.created_at
          ) end as message
        from oneai.open_share(%s) as s
        join oneai.conversations as c on c.id = s.conversation_id
        join oneai.users as u on u.id = s.user_id
        left join lateral (
          select one.*, count(*) filter (where one.beside = 0) over () as found,
            dense_rank() over (order by one.sequence_number) as place,
            sum(octet_length(one.content) + coalesce(octet_length(one.reasoning), 0)
              + octet_length(one.attachments::text) + octet_length(one.sources::text)
            ) over (order by one.sequence_number) as bytes
          from oneai.shared_messages(s.id, %s, %s) as one
        ) as m on m.place = 1 or (m.place <= %s and m.bytes <= %s)
        order by m.sequence_number, m.beside
        """,
        [MAX_REASONING, token_hash(token), after, limit + 1, limit, PAGE_BYTES],
        _Row,
    )
    if not rows:
        raise NotFound
    shared = rows[0]
    items = [SharedMessage.model_validate(row.message) for row in rows if row.message is not None and not row.beside]
    more = len(items) < (shared.found or 0)
    return SharedConversation(
        kind=shared.kind,
        title=shared.title,
        name=shared.name,
        fork=shared.fork,
        created_at=shared.created_at,
        expires_at=shared.expires_at,
        messages=SharedMessagePage(
            items=items,
            compared=[SharedMessage.model_validate(row.message) for row in rows if row.beside],
            next_cursor=cursors.encode(items[-1].sequence_number) if more else None,
        ),
    )
