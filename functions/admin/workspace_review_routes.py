"""Routes for workspaces: list, show, suspend."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from staff import STAFF, Admin

from oneai.admin import workspaces
from oneai.admin.act import Actor, ActReason
from oneai.admin.tier_fields import AnyTier
from oneai.admin.workspaces import (
    AdminWorkspaceDetail,
    AdminWorkspacePage,
    WorkspaceFilter,
    WorkspaceKind,
    WorkspaceState,
)
from oneai.http.fastapi_app import Cursor, Limit

router = APIRouter(tags=["Admin"])

WorkspaceId = Annotated[UUID, Path(description="The workspace's id; a personal one has its user's.")]
Text = Annotated[
    str | None,
    Query(max_length=320, description="An id, a slug, an owner's email address, or the start of a team's name."),
]


@router.get("/admin/workspaces", dependencies=[STAFF], summary="List workspaces")
async def list_admin_workspaces(
    *,
    q: Text = None,
    kind: Annotated[WorkspaceKind | None, Query(description="Only of this kind.")] = None,
    tier: Annotated[AnyTier | None, Query(description="Only with this plan.")] = None,
    state: Annotated[WorkspaceState | None, Query(description="Only in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AdminWorkspacePage:
    """Lists workspaces, newest first, or those that a search finds."""
    return await workspaces.list_workspaces(WorkspaceFilter(q, kind, tier, state), cursor, limit)


@router.get("/admin/workspaces/{id}", dependencies=[STAFF], summary="Get any workspace")
async def get_admin_workspace(id: WorkspaceId) -> AdminWorkspaceDetail:
    """Returns a workspace with its members, and how much it has."""
    return await workspaces.find_workspace(id)


@router.post("/admin/workspaces/{id}/suspend", summary="Suspend a workspace", status_code=204)
async def suspend_workspace(admin: Admin, id: WorkspaceId, body: ActReason) -> None:
    """Refuses the members and API keys of a team immediately. Subscriptions continue to be charged until they are
    cancelled. 409 `personal_workspace` for a workspace that is suspended with its user."""
    await workspaces.set_suspended(Actor.admin(admin.user_id), id, body.reason, suspended=True)


@router.post("/admin/workspaces/{id}/unsuspend", summary="End a workspace's suspension", status_code=204)
async def unsuspend_workspace(admin: Admin, id: WorkspaceId, body: ActReason) -> None:
    """Ends the suspension of a team."""
    await workspaces.set_suspended(Actor.admin(admin.user_id), id, body.reason, suspended=False)
