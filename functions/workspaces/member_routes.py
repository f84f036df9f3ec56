"""Routes for the members of the request's team."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from references import Reference

from oneai import workspaces
from oneai.http.fastapi_app import CurrentUser, Cursor, Limit, Manager, PersonalUser
from oneai.workspaces import Member, MemberChanges, MemberPage
from oneai.workspaces.recent_sign_in import require_recent_sign_in

UserId = Annotated[UUID, Path(description="The member's user id.")]
Heir = Annotated[
    UUID | None,
    Query(
        description="The member, owner or admin who inherits the leaving member's private documents and collections. "
        "Absent: they are erased after 30 days."
    ),
]

router = APIRouter(tags=["Workspaces"])


@router.get("/team/members", summary="List the members of a team")
async def list_members(user: CurrentUser, limit: Limit = 50, cursor: Cursor = None) -> MemberPage:
    """Lists the members of the team that `OneAI-Workspace` names. Every member sees it."""
    return await workspaces.list_members(user, limit, cursor)


@router.put("/team/members/{user_id}", summary="Change a member")
async def change_member(user: Manager, user_id: UserId, changes: MemberChanges) -> Member:
    """Changes a member's role or limit, as an owner or admin. You can neither give a role above your own nor change a
    member above you. A team always has an owner. All owners are mailed if a member becomes one or is one no more; to
    make a member an owner you must have signed in within the last hour, else 403 `recent_sign_in_required`."""
    if changes.role == "owner":
        require_recent_sign_in(user)
    return await workspaces.change_member(user, user_id, changes)


@router.delete("/team/members/{user_id}", summary="Remove a member", status_code=204)
async def remove_member(user: Manager, user_id: UserId, heir_user_id: Heir = None) -> None:
    """Ends a membership, as an owner or admin. Access ends with the next request, and keys and public links that the
    member made in the team are revoked. An answer that is being written ends, and is charged. What the member shared
    with the team stays. Their private conversations wait for 30 days: they return if the member joins again, and are
    erased then. The member gets a mail with a link to download them, unless `members_may_download` was false when they
    joined."""
    await workspaces.remove_member(user, user_id, heir_user_id)


@router.post("/workspaces/{id}/leave", summary="Leave a team", status_code=204)
async def leave_workspace(user: PersonalUser, id: Reference, heir_user_id: Heir = None) -> None:
    """Ends your own membership, with the effects of `DELETE /team/members/{user_id}`. The last owner cannot leave."""
    await workspaces.leave_workspace(user, id, heir_user_id)
