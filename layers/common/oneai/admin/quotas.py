"""Users' quotas as admins see them: the window, what running answers hold, and the override in force."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.admin import pages
from oneai.admin.act import Actor, act
from oneai.postgres import db

# Of one user's holds and overrides; more than any plan's concurrent answers.
MAX_ROWS = 100


class QuotaHold(BaseModel):
    """Units that an answer holds until it ends."""

    message_id: UUID = Field(description="The answer.")
    model: str = Field(description="The requested model.")
    units: int = Field(description="Held units.")
    created_at: datetime = Field(description="Since when.")
    held_until: datetime = Field(description="The end of its lease, which each checkpoint renews.")
    in_window: bool = Field(description="Whether it counts in the current window or in an earlier one.")


class QuotaException(BaseModel):
    """An override of the plan's quota, set by an operator or an admin."""

    id: int = Field(description="Its id, used to revoke it.")
    own_limit: int | None = Field(description="Replaces the plan's limit; null keeps it.")
    extra_units: int = Field(description="Added to the limit in every window.")
    until: datetime | None = Field(description="When it ends; null if it has no end.")
    reason: str = Field(description="The reason for it.")
    created_at: datetime = Field(description="When it was set.")
    revoked_at: datetime | None = Field(description="When it was revoked or replaced; null while it is in force.")


class ListedQuota(BaseModel):
    """A user's quota as it is now."""

    user_id: UUID = Field(description="The user.")
    email: str | None = Field(description="The user's email address.")
    quota_key: str = Field(description="Such as `small_messages`; `tokens` and `cost` count tokens and micro-dollars.")
    tier: str = Field(description="The plan it comes from.")
    plan_limit: int | None = Field(description="The plan's limit; null if the plan does not have this quota.")
    limit: int | None = Field(description="The limit in force, including overrides; null for none.")
    used: int = Field(description="Used in the window.")
    reserved: int = Field(description="Held by running answers.")
    remaining: int | None = Field(description="Left of the limit; null without one.")
    frequency: str = Field(description="`3hour`, `daily` or `monthly`.")
    window_start: datetime = Field(description="The start of the window.")
    resets_at: datetime = Field(description="When the next window starts.")
    own_limit: int | None = Field(description="Of the exception in force.")
    extra_units: int = Field(description="Of the exception in force; 0 without one.")


class QuotaPage(BaseModel):
    """A page of quotas."""

    items: list[ListedQuota] = Field(description="Quotas, sorted by user id and key.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class UserQuota(ListedQuota):
    """A quota with everything that decides whether the user's next question is refused."""

    holds: list[QuotaHold] = Field(description="The units that running answers hold, oldest first.")
    exceptions: list[QuotaException] = Field(description="Its overrides, newest first.")


class QuotaReset(BaseModel):
    """A quota whose usage was reset."""

    quota_key: str = Field(description="Which one.")
    used_before: int = Field(description="The units used in the window before the reset.")


class _HoldRow(QuotaHold):
    quota_key: str


class _ExceptionRow(QuotaException):
    quota_key: str


COLUMNS: LiteralString = """
    q.workspace_id as user_id, (select u.email from oneai.users as u where u.id = q.workspace_id) as email, q.quota_key,
    q.subscription_tier as tier, q.quota_limit as plan_limit, now.most as limit, now.used, now.reserved,
    greatest(now.most - now.used - now.reserved, 0) as remaining, q.reset_frequency as frequency,
    case when now.resets_at = q.next_reset_at then q.window_start
      else oneai.window_before(q.reset_frequency, now.resets_at) end as window_start,
    now.resets_at, case when q.override_until > oneai.now() then q.own_limit end as own_limit,
    case when q.override_until > oneai.now() then q.extra_units else 0 end as extra_units
"""


async def list_quotas(user_id: UUID | None, quota_key: str | None, cursor: str | None, limit: int) -> QuotaPage:
    """Returns a page of quotas, optionally of one user or one key."""
    last_user, last_key = (UUID(int=0), "") if cursor is None else _position(cursor)
    of_user: LiteralString = "and q.workspace_id = %s" if user_id is not None else ""
    of_key: LiteralString = "and q.quota_key = %s" if quota_key is not None else ""
    rows = await db.as_admin(
        f"""
        select {COLUMNS} from oneai.usage_quotas as q cross join lateral oneai.effective_quota(q, oneai.now()) as now
        where (q.workspace_id, q.quota_key) > (%s, %s) {of_user} {of_key} order by q.workspace_id, q.quota_key limit %s
        """,
        [last_user, last_key, *(value for value in (user_id, quota_key) if value is not None), limit + 1],
        ListedQuota,
    )
    items, following = pages.cut(rows, limit, lambda row: (str(row.user_id), row.quota_key))
    return QuotaPage(items=items, next_cursor=following)


async def quotas_of(user_id: UUID) -> dict[str, UserQuota]:
    """The user's quotas by key, with their holds and overrides."""
    rows = await db.as_admin(
        f"""
        select {COLUMNS} from oneai.usage_quotas as q cross join lateral oneai.effective_quota(q, oneai.now()) as now
        where q.workspace_id = %s order by q.quota_key
        """,
        [user_id],
        ListedQuota,
    )
    holds = await db.as_admin(
        """
        select l.quota_key, r.id as message_id, r.model_asked as model, l.held as units, r.created_at, r.held_until,
          l.window_start = q.window_start as in_window
        from oneai.reservations as r join oneai.reservation_lines as l on l.reservation_id = r.id
        join oneai.usage_quotas as q on q.workspace_id = r.workspace_id and q.quota_key = l.quota_key
        where r.workspace_id = %s and r.user_id = %s and r.settled_at is null order by r.created_at, r.id limit %s
        """,
        [user_id, user_id, MAX_ROWS],
        _HoldRow,
    )
    exceptions = await db.as_admin(
        """
        select o.quota_key, o.id, o.own_limit, o.extra_units, nullif(o.until, 'infinity') as until, o.reason,
          o.created_at, o.revoked_at
        from oneai.quota_overrides as o where o.workspace_id = %s order by o.id desc limit %s
        """,
        [user_id, MAX_ROWS],
        _ExceptionRow,
    )
    return {
        row.quota_key: UserQuota(
            **row.model_dump(),
            holds=[QuotaHold(**each.model_dump()) for each in holds if each.quota_key == row.quota_key],
            exceptions=[QuotaException(**each.model_dump()) for each in exceptions if each.quota_key == row.quota_key],
        )
        for row in rows
    }


async def reset_quota(actor: Actor, user_id: UUID, quota_key: str, reason: str) -> QuotaReset:
    """Sets the usage of the current window to 0. Raises NotFound for a quota that the user does not have."""
    async with act(actor, reason) as running:
        (used_before,) = await running.call("select oneai.reset_quota(%s, %s)", [user_id, quota_key])
        await running.record("quota.reset", user_id=user_id, quota_key=quota_key, used_before=used_before)
    return QuotaReset(quota_key=quota_key, used_before=used_before)


def _position(cursor: str) -> tuple[UUID, str]:
    user, key = cursors.decode(cursor, str, str)
    return cursors.parse(UUID, user), key
