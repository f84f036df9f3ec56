"""Routes for workspaces: make, list, show, change."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse
from references import Reference

from oneai import workspaces
from oneai.http.fastapi_app import Cursor, Limit, PersonalUser
from oneai.workspaces import NewWorkspace, Workspace, WorkspaceChanges, WorkspaceDetail, WorkspacePage, WorkspaceSort

router = APIRouter(tags=["Workspaces"])


@router.post("/workspaces", summary="Make a team", status_code=201)
async def create_workspace(user: PersonalUser, new: NewWorkspace) -> Workspace:
    """Makes a team that you own, without a plan. Its slug follows from the name. You can have three teams without a
    plan, and make two a day."""
    return await workspaces.create_workspace(user, new)


@router.get("/workspaces", summary="List your workspaces")
async def list_workspaces(
    user: PersonalUser,
    plan: Annotated[str | None, Query(max_length=40, description="Only workspaces with this plan.")] = None,
    sort: Annotated[
        WorkspaceSort,
        Query(description="The order: `created_at` newest first, `members` most first. The personal one is first."),
    ] = "name",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> WorkspacePage:
    """Lists your personal workspace and your teams, with plan, role, members and usage."""
    return await workspaces.list_workspaces(user, plan=plan, sort=sort, limit=limit, cursor=cursor)


@router.get(
    "/workspaces/{id}",
    summary="Get a workspace",
    response_model=WorkspaceDetail,
    responses={307: {"description": "The slug is an earlier one; `Location` has the address of the current one."}},
)
async def get_workspace(user: PersonalUser, id: Reference) -> WorkspaceDetail | Response:
    """Returns a workspace of yours with its settings, figures and quotas."""
    shown, moved = await workspaces.show_workspace(user, id)
    return RedirectResponse(f"/api/workspaces/{shown.slug}", 307) if moved else shown


@router.put("/workspaces/{id}", summary="Change a workspace with PUT", operation_id="put_workspace")
@router.patch("/workspaces/{id}", summary="Change a workspace")
async def change_workspace(user: PersonalUser, id: Reference, changes: WorkspaceChanges) -> WorkspaceDetail:
    """Changes the given fields, as an owner or admin. Plan, seats and quotas are changed with the subscription."""
    return await workspaces.change_workspace(user, id, changes)
