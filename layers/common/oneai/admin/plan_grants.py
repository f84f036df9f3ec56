"""Plans that are granted without payment. A user who also pays has the higher plan."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.admin import pages
from oneai.admin.act import Actor, ActReason, act
from oneai.admin.tier_fields import GrantedTier
from oneai.billing.grants import project_grants
from oneai.errors import NotFound
from oneai.field_errors import invalid
from oneai.plans import PLANS
from oneai.plans.wrong_kind import wrong_kind
from oneai.postgres import db
from oneai.times import Moment


class NewPlanGrant(ActReason):
    """The body of `POST /api/admin/users/{id}/plan-grants`."""

    tier: GrantedTier = Field(description="The plan.")
    until: Moment | None = Field(default=None, strict=False, description="When it ends; if absent, when it is revoked.")


class PlanGrant(BaseModel):
    """A plan without payment."""

    id: int = Field(description="Its id, used to revoke it.")
    workspace_id: UUID = Field(description="The workspace that has it; a personal one has its user's id.")
    workspace: str | None = Field(description="The slug of a team; null for a personal workspace.")
    user_id: UUID = Field(description="The id of the workspace's owner.")
    email: str | None = Field(description="The owner's email address.")
    tier: str = Field(description="The granted plan.")
    current_tier: str = Field(description="The user's current plan; higher than the grant if the user also pays.")
    granted_at: datetime = Field(description="Since when.")
    until: datetime | None = Field(description="When it ends; null if it has no end.")
    revoked_at: datetime | None = Field(description="When it was revoked; null while it is in force.")
    reason: str = Field(description="The reason for it.")


class PlanGrantPage(BaseModel):
    """A page of grants."""

    items: list[PlanGrant] = Field(description="Grants in force, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def add_grant(actor: Actor, workspace_id: UUID, new: NewPlanGrant) -> PlanGrant:
    """Grants a workspace a plan from now on. Raises NotFound for an unknown one, InvalidRequest for an `until` in the
    past or a plan of another kind of workspace."""
    async with act(actor, new.reason) as running:
        (kind, owner, in_future) = await running.call(
            "select (select kind from oneai.workspaces where id = %s), oneai.owner_of(%s), "
            "coalesce(%s > oneai.now(), true)",
            [workspace_id, workspace_id, new.until],
        )
        if kind is None:
            raise NotFound
        if kind not in PLANS[new.tier].kinds:
            raise wrong_kind("tier", kind)
        if not in_future:
            raise invalid("until", "in_the_past", f"{new.until:%Y-%m-%dT%H:%M:%SZ} is in the past.")
        (grant_id,) = await running.call(
            """
            insert into oneai.plan_grants (workspace_id, tier, until, reason)
            values (%s, %s, coalesce(%s::timestamptz, 'infinity'), %s) returning id
            """,
            [workspace_id, new.tier, new.until, new.reason],
        )
        await running.record(
            "plan_grant.create",
            user_id=owner,
            target=("plan_grant", grant_id),
            tier=new.tier,
            until=new.until,
        )
    await project_grants(workspace_id)
    (grant,) = await _grants("g.id = %s", [grant_id], 1)
    return grant


async def revoke_grant(actor: Actor, grant_id: int, reason: str | None) -> UUID:
    """Ends a grant now, and returns the workspace's id. Raises NotFound if it is not in force."""
    async with act(actor, reason) as running:
        row = await running.call(
            """
            update oneai.plan_grants set revoked_at = oneai.now()
            where id = %s and revoked_at is null and until > oneai.now()
            returning workspace_id, oneai.owner_of(workspace_id)
            """,
            [min(grant_id, cursors.MAX_ID)],
        )
        if row is None:
            raise NotFound(f"Grant {grant_id} is not in force.")
        workspace_id: UUID = row[0]
        await running.record("plan_grant.revoke", user_id=row[1], target=("plan_grant", grant_id))
    await project_grants(workspace_id)
    return workspace_id


async def list_grants(cursor: str | None, limit: int) -> PlanGrantPage:
    """Returns a page of the grants in force."""
    after = cursors.after_id(cursor)
    rows = await _grants(
        "g.revoked_at is null and g.until > oneai.now() and (%s::bigint is null or g.id < %s)",
        [after, after],
        limit + 1,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.id,))
    return PlanGrantPage(items=items, next_cursor=following)


async def grants_of(user_id: UUID, limit: int) -> list[PlanGrant]:
    """The user's newest grants, including those that have ended."""
    return await _grants("g.workspace_id = %s", [user_id], limit)


async def _grants(condition: LiteralString, params: list[Any], limit: int) -> list[PlanGrant]:
    return await db.as_admin(
        f"""
        select g.id, g.workspace_id, w.slug as workspace, u.id as user_id, u.email, g.tier,
          w.subscription_tier as current_tier, g.granted_at,
          nullif(g.until, 'infinity') as until, g.revoked_at, g.reason
        from oneai.plan_grants as g join oneai.workspaces as w on w.id = g.workspace_id
        join oneai.users as u on u.id = coalesce(w.personal_of, oneai.owner_of(w.id))
        where {condition} order by g.id desc limit %s
        """,
        [*params, limit],
        PlanGrant,
    )
