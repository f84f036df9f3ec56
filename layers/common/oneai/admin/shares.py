"""Shared conversations that readers reported: listed by deadline, taken down, or dismissed."""

import hashlib
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin import pages
from oneai.admin.act import Act, Actor, act
from oneai.conversations.share_reports import ReportKind
from oneai.errors import NotFound
from oneai.postgres import db

# Of the hundred reports that are stored of a share.
REASONS = 5


class ShareReport(BaseModel):
    """One reader's report."""

    kind: ReportKind = Field(description="The kind of content, according to the reader.")
    reason: str = Field(description="In their words.")
    created_at: datetime = Field(description="When it was sent.")


class ReportedShare(BaseModel):
    """A share with its newest reports. The reasons and the title are text that users wrote."""

    id: UUID = Field(description="Its id.")
    kind: Literal["snapshot", "live"] = Field(description="The content of the link.")
    conversation_id: UUID = Field(description="The conversation.")
    user_id: UUID = Field(description="Its owner's id.")
    email: str | None = Field(description="The owner's email address.")
    title: str | None = Field(description="Its title.")
    report_count: int = Field(description="The number of reports.")
    last_reported_at: datetime = Field(description="When it was last reported.")
    due_at: datetime = Field(description="The deadline of the most urgent report.")
    overdue: bool = Field(description="Whether the deadline has passed.")
    reasons: list[str] = Field(description="The newest reports, in readers' words.")
    reports: list[ShareReport] = Field(description="The same, with their kinds and times.")


class ReportedSharePage(BaseModel):
    """A page of reported shares."""

    items: list[ReportedShare] = Field(description="Open shares, most urgent first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class TakenDownShare(BaseModel):
    """A share that is closed permanently."""

    id: UUID = Field(description="Its id.")
    user_id: UUID = Field(description="Its owner's id.")
    taken_down_at: datetime = Field(description="Since when.")
    already: bool = Field(description="Whether it was already taken down.")


async def list_reported(cursor: str | None, limit: int) -> ReportedSharePage:
    """Returns a page of the reported shares that are open, by deadline."""
    at, last = pages.after_time(cursor)
    rows = await db.as_admin(
        """
        select s.id, s.kind, s.conversation_id, s.user_id, u.email, s.report_count, s.last_reported_at,
          s.report_due_at as due_at, s.report_due_at < oneai.now() as overdue, coalesce(s.title, c.title) as title,
          array(
            select r.reason from oneai.share_reports as r where r.share_id = s.id order by r.number desc limit %s
          ) as reasons, (
            select coalesce(jsonb_agg(to_jsonb(n)), '[]') from (
              select r.kind, r.reason, r.created_at from oneai.share_reports as r
              where r.share_id = s.id order by r.number desc limit %s) as n
          ) as reports
        from oneai.shares as s join oneai.conversations as c on c.id = s.conversation_id
        join oneai.users as u on u.id = s.user_id
        where s.report_due_at is not null and s.taken_down_at is null and s.revoked_at is null
          and (%s::timestamptz is null or (s.report_due_at, s.id) > (%s, %s))
        order by s.report_due_at, s.id limit %s
        """,
        [REASONS, REASONS, at, at, last, limit + 1],
        ReportedShare,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.due_at.isoformat(), str(row.id)))
    return ReportedSharePage(items=items, next_cursor=following)


async def take_down(
    actor: Actor, reason: str | None, *, link: str | None = None, share_id: UUID | None = None
) -> TakenDownShare:
    """Closes a share from the next request on, and acknowledges its alert. Raises NotFound.

    The share is identified by its id or by its `link`; the token at the end of the link is enough.
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
        await _acknowledge(running, found_id)
    return TakenDownShare(id=found_id, user_id=user_id, taken_down_at=taken_down_at, already=already)


async def dismiss(actor: Actor, share_id: UUID, reason: str) -> None:
    """Dismisses the reports of a share, until another reader reports it. Idempotent. Raises NotFound for a share that
    does not exist or was never reported."""
    async with act(actor, reason) as running:
        row = await running.call(
            "select user_id, report_due_at from oneai.shares where id = %s and report_count > 0 for no key update",
            [share_id],
        )
        if row is None:
            raise NotFound("There is no such share that was reported.")
        user_id, due_at = row
        if due_at is not None:
            await running.call("update oneai.shares set report_due_at = null where id = %s", [share_id])
            await running.record("share.dismiss_reports", user_id=user_id, target=("share", share_id), due_at=due_at)
        await _acknowledge(running, share_id)


async def _acknowledge(running: Act, share_id: UUID) -> None:
    await running.call(
        """
        update oneai.operator_alerts set acknowledged_at = oneai.now()
        where kind = 'share_reported' and subject = %s and acknowledged_at is null
        """,
        [str(share_id)],
    )
