"""Shared conversations that readers reported: listed, and taken down."""

import hashlib
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin import pages
from oneai.admin.act import Actor, act
from oneai.errors import NotFound
from oneai.postgres import db

# Of the hundred that are stored of a share.
REASONS = 5


class ReportedShare(BaseModel):
    """A share with its newest reports. Readers wrote the reasons, and the user the title."""

    id: UUID = Field(description="Its id.")
    kind: Literal["snapshot", "live"] = Field(description="What the link shows.")
    conversation_id: UUID = Field(description="The conversation.")
    user_id: UUID = Field(description="Whose it is.")
    email: str | None = Field(description="Their e-mail address.")
    title: str | None = Field(description="Its title.")
    report_count: int = Field(description="How often it was reported.")
    last_reported_at: datetime = Field(description="When it was last reported.")
    reasons: list[str] = Field(description="The newest reports, in readers' words.")


class ReportedSharePage(BaseModel):
    """A page of reported shares."""

    items: list[ReportedShare] = Field(description="Those that are still open, the first reported first.")
    next_cursor: str | None = Field(description="Leads to the next page; null on the last one.")


class TakenDownShare(BaseModel):
    """A share that is closed for good."""

    id: UUID = Field(description="Its id.")
    user_id: UUID = Field(description="Whose it is.")
    taken_down_at: datetime = Field(description="Since when.")
    already: bool = Field(description="Whether it had been taken down before.")


async def list_reported(cursor: str | None, limit: int) -> ReportedSharePage:
    """A page of the reported shares that are open."""
    at, last = pages.after_time(cursor)
    rows = await db.as_admin(
        """
        select s.id, s.kind, s.conversation_id, s.user_id, u.email, s.report_count, s.last_reported_at,
          coalesce(s.title, c.title) as title, array(
            select r.reason from oneai.share_reports as r where r.share_id = s.id order by r.number desc limit %s
          ) as reasons
        from oneai.shares as s join oneai.conversations as c on c.id = s.conversation_id
        join oneai.users as u on u.id = s.user_id
        where s.report_count > 0 and s.taken_down_at is null and s.revoked_at is null
          and (%s::timestamptz is null or (s.last_reported_at, s.id) > (%s, %s))
        order by s.last_reported_at, s.id limit %s
        """,
        [REASONS, at, at, last, limit + 1],
        ReportedShare,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.last_reported_at.isoformat(), str(row.id)))
    return ReportedSharePage(items=items, next_cursor=following)


async def take_down(
    actor: Actor, reason: str | None, *, link: str | None = None, share_id: UUID | None = None
) -> TakenDownShare:
    """Closes a share from the next request on, and acknowledges its alert. Raises NotFound.

    The share is named by its id or by its `link`, of which the token at its end will do.
    """
    token_hash = hashlib.sha256(link.rstrip("/").rpartition("/")[2].encode()).digest() if link else None
    async with act(actor, reason) as running:
        row = await running.call(
            "select id, user_id, taken_down_at from oneai.shares where token_hash = %s or id = %s for no key update",
            [token_hash, share_id],
        )
        if row is None:
            raise NotFound("There is no such share.")
        found_id, user_id, taken_down_at = row
        already = taken_down_at is not None
        if not already:
            (taken_down_at,) = await running.call(
                "update oneai.shares set taken_down_at = oneai.now() where id = %s returning taken_down_at", [found_id]
            )
            await running.record("share.take_down", user_id=user_id, target=("share", found_id))
        await running.call(
            """
            update oneai.operator_alerts set acknowledged_at = oneai.now()
            where kind = 'share_reported' and subject = %s and acknowledged_at is null
            """,
            [str(found_id)],
        )
    return TakenDownShare(id=found_id, user_id=user_id, taken_down_at=taken_down_at, already=already)
