"""Lists of share links for their owner, who can copy each one that still opens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.conversations.pages import PageRequest
from oneai.conversations.share_links import Share, share_url
from oneai.conversations.share_tokens import token_again
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal


class ShareList(BaseModel):
    """A conversation's links that are not revoked."""

    items: list[Share] = Field(description="The links, oldest first.")


class SharedConversationLink(Share):
    """One link, with the conversation that it shows."""

    conversation_id: UUID = Field(description="The conversation's id.")
    title: str | None = Field(description="The conversation's title.")


class SharePage(BaseModel):
    """A page of a user's links that are not revoked."""

    items: list[SharedConversationLink] = Field(description="The links, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


@dataclass
class _LinkRow:
    id: UUID
    kind: Literal["snapshot", "live"]
    expires_at: datetime | None
    show_name: bool
    fork: bool
    show_sources: bool
    show_reasoning: bool
    created_at: datetime
    taken_down_at: datetime | None
    token_hash: bytes
    opens: bool
    conversation_id: UUID
    title: str | None

    def url(self) -> str | None:
        """The link, where it opens and can be made again."""
        token = token_again(self.id, self.token_hash) if self.opens else None
        return None if token is None else share_url(token)


# Read as the service, since no user may read the hash of a token.
_LINKS: LiteralString = """
    select s.id, s.kind, s.expires_at, s.show_name, s.fork, s.show_sources, s.show_reasoning, s.created_at,
      s.taken_down_at, s.token_hash, s.conversation_id, c.title,
      s.taken_down_at is null and coalesce(s.expires_at > oneai.now(), true) as opens
    from oneai.shares as s join oneai.conversations as c on c.id = s.conversation_id
    where s.user_id = %s and s.revoked_at is null
"""


async def list_shares(principal: Principal, conversation_id: UUID) -> ShareList:
    """The unrevoked links of a conversation. Raises NotFound."""
    rows = await db.as_service(
        f"{_LINKS} and s.conversation_id = %s order by s.created_at, s.id",
        [principal.user_id, conversation_id],
        _LinkRow,
    )
    if not rows:
        await _require_conversation(principal, conversation_id)
    return ShareList(items=[Share(**_fields(row)) for row in rows])


async def list_all_shares(principal: Principal, request: PageRequest) -> SharePage:
    """A page of the user's unrevoked links, newest first. Raises InvalidRequest for an invalid cursor."""
    before: tuple[datetime, UUID] | None = None
    if request.cursor is not None:
        moment, share_id = cursors.decode(request.cursor, str, str)
        before = cursors.parse_time(moment), cursors.parse(UUID, share_id)
    rows = await db.as_service(
        f"""
        {_LINKS} and (%s::timestamptz is null or (s.created_at, s.id) < (%s, %s))
        order by s.created_at desc, s.id desc limit %s
        """,
        [principal.user_id, before and before[0], *(before or (None, None)), request.limit + 1],
        _LinkRow,
    )
    items = rows[: request.limit]
    last = items[-1] if len(rows) > request.limit else None
    return SharePage(
        items=[
            SharedConversationLink(**_fields(row), conversation_id=row.conversation_id, title=row.title)
            for row in items
        ],
        next_cursor=None if last is None else cursors.encode(last.created_at.isoformat(), str(last.id)),
    )


def _fields(row: _LinkRow) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in Share.model_fields if name != "url"}, "url": row.url()}


async def _require_conversation(principal: Principal, conversation_id: UUID) -> None:
    rows = await db.read_as(
        principal,
        "select id from oneai.conversations where id = %s and user_id = %s and not temporary",
        [conversation_id, principal.user_id],
        dict,
    )
    if not rows:
        raise NotFound
