"""Shared conversations that readers reported, for operators: listed, and taken down."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from oneai.errors import NotFound
from oneai.postgres.operators import OperatorConnection, fetch_all, fetch_one


@dataclass
class ReportedShare:
    """A share with its newest reports' reasons, newest first. Readers wrote these: not to be trusted as text."""

    id: UUID
    kind: str
    conversation_id: UUID
    user_id: UUID
    report_count: int
    last_reported_at: datetime
    title: str | None
    reasons: list[str] | None


@dataclass
class TakenDownShare:
    """`taken_down_at` is None unless the share had been taken down before."""

    id: UUID
    user_id: UUID
    taken_down_at: datetime | None


def list_reported_shares(connection: OperatorConnection, *, reasons: int) -> list[ReportedShare]:
    """The reported shares that are still open, the last reported last, with at most so many `reasons` each."""
    return fetch_all(
        connection,
        """
        select s.id, s.kind, s.conversation_id, s.user_id, s.report_count, s.last_reported_at,
          coalesce(s.title, c.title) as title, (
            select array_agg(r.reason order by r.number desc) from (
              select reason, number from oneai.share_reports where share_id = s.id order by number desc limit %s
            ) as r) as reasons
        from oneai.shares as s join oneai.conversations as c on c.id = s.conversation_id
        where s.report_count > 0 and s.taken_down_at is null and s.revoked_at is null order by s.last_reported_at
        """,
        [reasons],
        ReportedShare,
    )


def take_down(
    connection: OperatorConnection, *, link: str | None = None, share_id: UUID | None = None
) -> TakenDownShare:
    """Closes a share from the next request on, and acknowledges its alert. Raises NotFound.

    The share is named by its id or by its `link`, of which the token at its end will do.
    """
    token_hash = hashlib.sha256(link.rstrip("/").rpartition("/")[2].encode()).digest() if link else None
    share = fetch_one(
        connection,
        """
        with found as (
          select id, user_id, taken_down_at from oneai.shares where token_hash = %s or id = %s
        ), closed as (
          update oneai.shares as s set taken_down_at = oneai.now() from found as f
          where s.id = f.id and f.taken_down_at is null
        ), acknowledged as (
          update oneai.operator_alerts as a set acknowledged_at = oneai.now() from found as f
          where a.kind = 'share_reported' and a.subject = f.id::text and a.acknowledged_at is null
        )
        select id, user_id, taken_down_at from found
        """,
        [token_hash, share_id],
        TakenDownShare,
    )
    if share is None:
        raise NotFound("There is no such share.")
    return share
