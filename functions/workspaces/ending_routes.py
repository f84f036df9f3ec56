"""Routes for the end of a workspace and for who owns it: delete, restore, transfer; and for what happened in it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from references import Reference

from oneai.http.fastapi_app import Cursor, Limit, PersonalUser
from oneai.workspaces import audit, deletion, transfer
from oneai.workspaces.audit import WorkspaceAuditFilter, WorkspaceAuditPage
from oneai.workspaces.deletion import WorkspaceDeletionAccepted, WorkspaceDeletionPreview, WorkspaceDeletionRequest
from oneai.workspaces.recent_sign_in import require_recent_sign_in
from oneai.workspaces.transfer import TransferAccepted, TransferOffer, TransferRequest

PREVIEW: dict[int | str, dict[str, Any]] = {
    200: {
        "model": WorkspaceDeletionPreview,
        "description": "With `preview=1`: what would be erased and what would be stored.",
    },
    202: {"model": WorkspaceDeletionAccepted, "description": "The workspace is closed, and will be erased."},
}
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
# The default for an empty body.
UNCONFIRMED = WorkspaceDeletionRequest()

router = APIRouter(tags=["Workspaces"])


@router.delete(
    "/workspaces/{id}", summary="Delete a workspace", status_code=202, response_model=None, responses=PREVIEW
)
async def delete_workspace(
    user: PersonalUser,
    id: Reference,
    response: Response,
    preview: Annotated[bool, Query(description="`1` only returns what would be done.")] = False,
    request: WorkspaceDeletionRequest = UNCONFIRMED,
) -> WorkspaceDeletionPreview | WorkspaceDeletionAccepted:
    """Closes a team that you own: answers stop, API keys and invitations end, and the subscription ends with its
    period. Until it is erased, 30 days later, its owners read and restore it, and for others it does not exist. You
    must have signed in within the last hour, else 403 `recent_sign_in_required`."""
    if preview:
        response.status_code = 200
        return await deletion.preview_workspace_deletion(user, id)
    require_recent_sign_in(user)
    return await deletion.request_workspace_deletion(user, id, request)


@router.post("/workspaces/{id}/restore", summary="Undo the deletion of a workspace", status_code=204)
async def restore_workspace(user: PersonalUser, id: Reference) -> None:
    """Restores a team that you own, and its subscription too unless the payment provider already has the cancellation.
    API keys and invitations stay ended. Does nothing for a team that is not being deleted."""
    await deletion.restore_workspace(user, id)


@router.post("/workspaces/{id}/transfer", summary="Offer a workspace to another member", status_code=201)
async def offer_transfer(user: PersonalUser, id: Reference, request: TransferRequest) -> TransferOffer:
    """Offers a team that you own to one of its members, who can accept within seven days; all owners are mailed. A new
    offer ends the previous one. You must have signed in within the last hour, else 403 `recent_sign_in_required`."""
    require_recent_sign_in(user)
    return await transfer.offer_transfer(user, id, request)


@router.get("/workspaces/{id}/transfer", summary="Get the open offer of a workspace")
async def get_transfer(user: PersonalUser, id: Reference) -> TransferOffer:
    """Returns the open offer, to owners and to the member who can accept it."""
    return await transfer.show_transfer(user, id)


@router.delete("/workspaces/{id}/transfer", summary="Withdraw or decline an offer of a workspace", status_code=204)
async def withdraw_transfer(user: PersonalUser, id: Reference) -> None:
    """Ends the open offer, if there is one: an owner withdraws it, or its receiver declines it."""
    await transfer.withdraw_transfer(user, id)


@router.post("/workspaces/{id}/transfer/accept", summary="Accept a workspace")
async def accept_transfer(user: PersonalUser, id: Reference) -> TransferAccepted:
    """Makes you the owner of the team that was offered to you; the owner who offered it becomes an admin. The team's
    trial ends. Your address must be confirmed."""
    return await transfer.accept_transfer(user, id)


@router.get(
    "/workspaces/{id}/audit",
    summary="List what happened in a workspace",
    response_model=WorkspaceAuditPage,
    responses=CSV,
)
async def list_workspace_audit(
    user: PersonalUser,
    id: Reference,
    *,
    action: Annotated[
        str | None, Query(max_length=50, description="Only this action, such as `member.remove`.")
    ] = None,
    actor: Annotated[UUID | None, Query(description="Only what this user did.")] = None,
    since: Annotated[datetime | None, Query(description="From this time on.")] = None,
    until: Annotated[datetime | None, Query(description="Before this time.")] = None,
    format: Annotated[
        Literal["json", "csv"], Query(description="`csv` returns up to 10,000 entries as lines, with a header.")
    ] = "json",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> WorkspaceAuditPage | Response:
    """Returns who did what in the team and when, newest first, to its owners and admins. It has no text of
    conversations. Entries are stored for five years."""
    which = WorkspaceAuditFilter(action=action, actor=actor, since=since, until=until)
    if format == "csv":
        headers = {"content-disposition": 'attachment; filename="audit.csv"'}
        return Response(await audit.audit_csv(user, id, which, cursor), 200, headers, "text/csv; charset=utf-8")
    return await audit.list_audit(user, id, which, cursor, limit)
