"""Overrides of plan quotas, which admins and operators set for single workspaces."""

from typing import Annotated, Literal, LiteralString, get_args
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.admin import pages
from oneai.admin.act import Actor, ActReason, act
from oneai.admin.quotas import QuotaException
from oneai.errors import NotFound
from oneai.field_errors import invalid
from oneai.plans.limits_and_prices import BudgetKey, QuotaKey
from oneai.postgres import db
from oneai.times import Moment

type AnyQuotaKey = Literal["small_messages", "large_messages", "image_generation", "web_searches", "tokens", "cost"]

# Units are messages; for `web_searches` they are searches, for `tokens` tokens, for `cost` micro-dollars.
KEYS: tuple[str, ...] = (*get_args(QuotaKey.__value__), *get_args(BudgetKey.__value__))
# The check constraints of oneai.quota_overrides have the same number.
MAX_UNITS = 10**15

type Units = Annotated[int, Field(ge=0, le=MAX_UNITS)]


class NewQuotaOverride(ActReason):
    """The body of `POST /api/admin/users/{id}/quota-overrides`; it needs `own_limit` or `extra_units`."""

    quota_key: AnyQuotaKey = Field(description="Which quota.")
    own_limit: Units | None = Field(default=None, description="Replaces the plan's limit.")
    extra_units: Units = Field(default=0, description="Added to the limit in every window.")
    until: Moment | None = Field(default=None, strict=False, description="When it ends; if absent, when it is revoked.")


class UserQuotaOverride(QuotaException):
    """An override with its workspace."""

    workspace_id: UUID = Field(description="The workspace that has it; a personal one has its user's id.")
    workspace: str | None = Field(description="The slug of a team; null for a personal workspace.")
    user_id: UUID = Field(description="The id of the workspace's owner.")
    email: str | None = Field(description="The owner's email address.")
    quota_key: str = Field(description="The key of the quota.")


class QuotaOverridePage(BaseModel):
    """A page of overrides."""

    items: list[UserQuotaOverride] = Field(description="Overrides in force, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def add_override(actor: Actor, workspace_id: UUID, new: NewQuotaOverride) -> UserQuotaOverride:
    """Sets an override and replaces the workspace's current one for this key.

    Raises NotFound for an unknown workspace, and InvalidRequest without a limit or units, or for an
    `until` in the past.
    """
    if new.own_limit is None and not new.extra_units:
        raise invalid("extra_units", "required", "Set `own_limit` or `extra_units`.")
    async with act(actor, new.reason) as running:
        (in_future, owner) = await running.call(
            "select coalesce(%s > oneai.now(), true), oneai.owner_of(%s)", [new.until, workspace_id]
        )
        if not in_future:
            raise invalid("until", "in_the_past", f"{new.until:%Y-%m-%dT%H:%M:%SZ} is in the past.")
        (override_id,) = await running.call(
            "select oneai.override_quota(%s, %s, %s, %s, %s, %s)",
            [workspace_id, new.quota_key, new.own_limit, new.extra_units, new.until, new.reason],
        )
        await running.record(
            "quota_override.create",
            user_id=owner,
            target=("quota_override", override_id),
            quota_key=new.quota_key,
            limit=new.own_limit,
            extra=new.extra_units,
            until=new.until,
        )
    (row,) = await db.as_admin(f"select {_COLUMNS} from {_JOINED} where o.id = %s", [override_id], UserQuotaOverride)
    return row


async def revoke_override(actor: Actor, override_id: int, reason: str | None) -> UUID:
    """Ends an override now, and returns the workspace's id. Raises NotFound if it is not in force."""
    async with act(actor, reason) as running:
        row = await running.call(
            """
            select o.workspace_id, oneai.owner_of(o.workspace_id) from oneai.quota_overrides as o
            where o.id = %s and o.until > oneai.now() and oneai.revoke_override(o.id)
            """,
            [min(override_id, cursors.MAX_ID)],
        )
        if row is None:
            raise NotFound(f"Override {override_id} is not in force.")
        await running.record("quota_override.revoke", user_id=row[1], target=("quota_override", override_id))
    return UUID(str(row[0]))


async def list_overrides(cursor: str | None, limit: int) -> QuotaOverridePage:
    """Returns a page of the overrides in force."""
    after = cursors.after_id(cursor)
    rows = await db.as_admin(
        f"""
        select {_COLUMNS} from {_JOINED}
        where o.revoked_at is null and o.until > oneai.now() and (%s::bigint is null or o.id < %s)
        order by o.id desc limit %s
        """,
        [after, after, limit + 1],
        UserQuotaOverride,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.id,))
    return QuotaOverridePage(items=items, next_cursor=following)


_COLUMNS: LiteralString = """
    o.id, o.workspace_id, w.slug as workspace, u.id as user_id, u.email, o.quota_key, o.own_limit, o.extra_units,
    nullif(o.until, 'infinity') as until, o.reason, o.created_at, o.revoked_at
"""
_JOINED: LiteralString = """
    oneai.quota_overrides as o join oneai.workspaces as w on w.id = o.workspace_id
    join oneai.users as u on u.id = coalesce(w.personal_of, oneai.owner_of(w.id))
"""
