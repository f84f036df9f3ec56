"""Share links: public links to a conversation, until they expire or are revoked.

A snapshot shows the visible branch at the time of sharing, a live link the current one. The database stores only the
SHA-256 of a link's token; its owner gets the token again from `share_tokens`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from oneai import settings
from oneai.conversations.conversation import require_author
from oneai.conversations.share_tokens import new_token, token_hash
from oneai.errors import AccountSuspended, InvalidRequest, NotFound
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.times import Moment

# The limit of unrevoked links per conversation, including expired ones: each snapshot stores a list of messages.
MAX_LINKS = 100
MAX_SECONDS = 10 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class ShareSettings:
    """`site_url`: the frontend's address, where it shows shared conversations."""

    site_url: str = ""


class ShareRequest(BaseModel):
    """The body of `POST /api/conversations/{id}/share`."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["snapshot", "live"] = Field(
        description="`snapshot` shows the current state; `live` always shows the latest state."
    )
    expires_at: Moment | None = Field(default=None, description="When the link expires. Absent: never.")
    expires_in: StrictInt | None = Field(
        default=None,
        ge=60,
        le=MAX_SECONDS,
        description="The lifetime of the link in seconds by the server's clock, instead of `expires_at`.",
    )
    show_name: bool = Field(default=False, description="Whether readers see the owner's name.")
    fork: bool = Field(default=True, description="Whether readers may copy it to their own account.")
    show_sources: bool = Field(
        default=False,
        description="Whether readers see the name and a snippet of the documents that answers are based on.",
    )
    show_reasoning: bool = Field(default=False, description="Whether readers see the thoughts of models.")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.expires_at is not None and self.expires_in is not None:
            raise ValueError("Send `expires_at` or `expires_in`, not both.")
        return self


class Share(BaseModel):
    """One link."""

    id: UUID = Field(description="The link's id, for `DELETE /shares/{id}`.")
    kind: Literal["snapshot", "live"] = Field(
        description="`snapshot` shows the state at the time of sharing; `live` shows the latest state."
    )
    expires_at: datetime | None = Field(description="When the link expires; null: never.")
    show_name: bool = Field(description="Whether readers see the owner's name.")
    fork: bool = Field(description="Whether readers may copy it to their own account.")
    show_sources: bool = Field(description="Whether readers see the documents that answers are based on.")
    show_reasoning: bool = Field(description="Whether readers see the thoughts of models.")
    created_at: datetime = Field(description="When it was created.")
    taken_down_at: datetime | None = Field(description="When an operator took it down.")
    url: str | None = Field(
        description="The link: the frontend's page for it. Null if it does not open any more, and for an old link that "
        "cannot be shown again."
    )


class NewShare(Share):
    """A new link, with its token."""

    token: str = Field(description="The link's token, for `GET /shared/{token}`.")
    url: str = Field(description="The link: the frontend's page for it.")


@dataclass
class _ShareRow:
    suspended: bool
    links: int
    in_time: bool
    id: UUID | None
    created_at: datetime | None
    expires_at: datetime | None


def share_url(token: str) -> str:
    """The frontend's page for a link with this token."""
    return f"{settings.read(ShareSettings).site_url.rstrip('/')}/shared/{token}"


async def create_share(principal: Principal, conversation_id: UUID, request: ShareRequest) -> NewShare:
    """Creates a link. A snapshot leaves out an answer that is still running.

    Raises NotFound, also for temporary conversations, AccountSuspended, and InvalidRequest for an expiry in the past or
    too many links.
    """
    share_id = uuid4()
    token = new_token(share_id)
    rows = await db.as_service(
        """
        with talk as (
          select c.id, c.user_id, c.title, c.model, u.name, u.suspended_at is not null as suspended,
            e.expires_at, coalesce(e.expires_at > oneai.now(), true) as in_time, (
            select count(*) from oneai.shares as s
            where s.user_id = c.user_id and s.conversation_id = c.id and s.revoked_at is null) as links
          from oneai.conversations as c join oneai.users as u on u.id = c.user_id
          cross join (select coalesce(%s, oneai.now() + make_interval(secs => %s)) as expires_at) as e
          where c.id = %s and c.user_id = %s and oneai.may_write(%s, c.workspace_id) and not c.temporary
        ), made as (
          insert into oneai.shares (id, user_id, conversation_id, token_hash, kind, title, name, model, show_name, fork,
            show_sources, show_reasoning, expires_at)
          select %s, t.user_id, t.id, %s, w.kind, case w.kind when 'snapshot' then t.title end,
            case when w.kind = 'snapshot' and w.show_name then t.name end,
            case w.kind when 'snapshot' then t.model end, w.show_name, %s, %s, %s, t.expires_at
          from talk as t cross join (select %s as kind, %s as show_name) as w
          where not t.suspended and t.in_time and t.links < %s
          returning id, conversation_id, kind, created_at
        ), kept as (
          insert into oneai.snapshot_messages (share_id, sequence_number, beside, message_id, characters, state)
          select n.id, m.sequence_number, m.beside, m.id, m.characters, m.state
          from made as n cross join lateral (
            select b.id, b.sequence_number, b.state, char_length(b.content) as characters, 0 as beside
            from oneai.chat_messages as b where b.conversation_id = n.conversation_id and b.is_latest
            union all
            select a.id, a.sequence_number, a.state, char_length(a.content),
              row_number() over (order by a.revision_number)
            from oneai.compared_answers(n.conversation_id) as a
          ) as m
          where n.kind = 'snapshot' and m.state <> 'streaming'
        )
        select t.suspended, t.links, t.in_time, t.expires_at, n.id, n.created_at
        from talk as t left join made as n on true
        """,
        [
            *(request.expires_at, request.expires_in, conversation_id, principal.user_id, principal.user_id),
            *(share_id, token_hash(token)),
            *(request.fork, request.show_sources, request.show_reasoning, request.kind, request.show_name, MAX_LINKS),
        ],
        _ShareRow,
    )
    if not rows:
        await require_author(principal, conversation_id)
        raise NotFound
    row = rows[0]
    if row.suspended:
        raise AccountSuspended
    if not row.in_time:
        raise invalid("expires_at", "in_the_past", "This time is in the past.")
    if row.id is None or row.created_at is None:
        raise InvalidRequest("This conversation has too many links. Please revoke one first.")
    return NewShare(
        id=row.id,
        token=token,
        url=share_url(token),
        created_at=row.created_at,
        taken_down_at=None,
        expires_at=row.expires_at,
        **request.model_dump(include={"kind", "show_name", "fork", "show_sources", "show_reasoning"}),
    )


async def revoke_share(principal: Principal, share_id: UUID) -> None:
    """Revokes a link permanently. Raises NotFound if it does not exist or is already revoked."""
    revoked = await db.as_service(
        """
        with revoked as (
          update oneai.shares set revoked_at = oneai.now() where id = %s and user_id = %s and revoked_at is null
          returning id
        ), forgotten as (
          delete from oneai.snapshot_messages as k using revoked as r where k.share_id = r.id
        )
        select id from revoked
        """,
        [share_id, principal.user_id],
        dict,
    )
    if not revoked:
        raise NotFound
