"""Routes for quotas, overrides of quotas, and plans without payment."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from staff import STAFF, Admin

from oneai.admin import plan_grants, quota_overrides, quotas
from oneai.admin.act import Actor, ActReason
from oneai.admin.plan_grants import NewPlanGrant, PlanGrant, PlanGrantPage
from oneai.admin.quota_overrides import AnyQuotaKey, NewQuotaOverride, QuotaOverridePage, UserQuotaOverride
from oneai.admin.quotas import QuotaPage, QuotaReset
from oneai.http.fastapi_app import Cursor, Limit

router = APIRouter(tags=["Admin"])

UserId = Annotated[UUID, Path(description="The user's id, or that of a team workspace.")]
RowId = Annotated[int, Path(ge=1, description="Its id, as in the list.")]
QuotaName = Annotated[AnyQuotaKey, Path(description="Which quota.")]


@router.get("/admin/quotas", dependencies=[STAFF], summary="List users' quotas")
async def list_quotas(
    user_id: Annotated[UUID | None, Query(description="Only this user's.")] = None,
    quota_key: Annotated[AnyQuotaKey | None, Query(description="Only this quota.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> QuotaPage:
    """Lists users' current quotas."""
    return await quotas.list_quotas(user_id, quota_key, cursor, limit)


@router.post("/admin/users/{id}/quotas/{quota_key}/reset", summary="Reset a quota")
async def reset_quota(admin: Admin, id: UserId, quota_key: QuotaName, body: ActReason) -> QuotaReset:
    """Sets the usage of the current window to 0. Units held by answers remain, and count once the answers end."""
    return await quotas.reset_quota(Actor.admin(admin.user_id), id, quota_key, body.reason)


@router.get("/admin/quota-overrides", dependencies=[STAFF], summary="List quota overrides")
async def list_overrides(cursor: Cursor = None, limit: Limit = 50) -> QuotaOverridePage:
    """Lists the overrides in force."""
    return await quota_overrides.list_overrides(cursor, limit)


@router.post("/admin/users/{id}/quota-overrides", summary="Override a quota", status_code=201)
async def add_override(admin: Admin, id: UserId, body: NewQuotaOverride) -> UserQuotaOverride:
    """Sets another limit or extra units immediately, and replaces the user's last override of this quota."""
    return await quota_overrides.add_override(Actor.admin(admin.user_id), id, body)


@router.post("/admin/quota-overrides/{id}/revoke", summary="Revoke a quota override", status_code=204)
async def revoke_override(admin: Admin, id: RowId, body: ActReason) -> None:
    """Restores the plan's limit."""
    await quota_overrides.revoke_override(Actor.admin(admin.user_id), id, body.reason)


@router.get("/admin/plan-grants", dependencies=[STAFF], summary="List plans without payment")
async def list_grants(cursor: Cursor = None, limit: Limit = 50) -> PlanGrantPage:
    """Lists the grants in force."""
    return await plan_grants.list_grants(cursor, limit)


@router.post("/admin/users/{id}/plan-grants", summary="Grant a plan", status_code=201)
async def add_grant(admin: Admin, id: UserId, body: NewPlanGrant) -> PlanGrant:
    """Grants a plan without payment immediately. A user who also pays has the higher plan."""
    return await plan_grants.add_grant(Actor.admin(admin.user_id), id, body)


@router.post("/admin/plan-grants/{id}/revoke", summary="Revoke a grant", status_code=204)
async def revoke_grant(admin: Admin, id: RowId, body: ActReason) -> None:
    """Ends the grant immediately. The user keeps the plan that they pay for."""
    await plan_grants.revoke_grant(Actor.admin(admin.user_id), id, body.reason)
