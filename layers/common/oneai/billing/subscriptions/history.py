"""The history of the user's plan, newest first: an entry for each payment, failure, pause, refund and end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.billing.facts import ChangeReason
from oneai.postgres import db
from oneai.postgres.db import Principal

# Our cursors are bigints.
MAX_BIGINT = 2**63 - 1


class Change(BaseModel):
    """One change of the plan."""

    old_tier: str | None = Field(description="The previous plan; null for the first entry.")
    new_tier: str = Field(description="The plan from then on.")
    change_reason: ChangeReason = Field(description="Why it changed.")
    changed_at: datetime = Field(description="When it changed, even if we learned of it later.")
    metadata: dict[str, Any] = Field(description="Its cause, such as the subscription.")


class ChangePage(BaseModel):
    """A page of changes."""

    items: list[Change] = Field(description="The changes, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


@dataclass
class _Row:
    id: int
    old_tier: str | None
    new_tier: str
    change_reason: ChangeReason
    changed_at: datetime
    metadata: dict[str, Any]


async def list_changes(principal: Principal, cursor: str | None, limit: int) -> ChangePage:
    """Returns a page of the user's history. Raises InvalidRequest for an invalid cursor."""
    at, last = (None, None) if cursor is None else _position(cursor)
    rows = await db.read_as(
        principal,
        """
        select id, old_tier, new_tier, change_reason, changed_at, metadata from oneai.subscription_history
        where workspace_id = %s and (%s::timestamptz is null or (changed_at, id) < (%s, %s))
        order by changed_at desc, id desc limit %s
        """,
        [principal.workspace_id, at, at, last, limit + 1],
        _Row,
    )
    shown = rows[:limit]
    return ChangePage(
        items=[
            Change(
                old_tier=row.old_tier,
                new_tier=row.new_tier,
                change_reason=row.change_reason,
                changed_at=row.changed_at,
                metadata=row.metadata,
            )
            for row in shown
        ],
        next_cursor=cursors.encode(shown[-1].changed_at.isoformat(), shown[-1].id) if len(rows) > limit else None,
    )


def _position(cursor: str) -> tuple[datetime, int]:
    at, last = cursors.decode(cursor, str, int)
    return cursors.parse_time(at), max(0, min(last, MAX_BIGINT))
