"""Routes for the user's data: how long it is stored, its export, and the deletion of the account."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from oneai import accounts
from oneai.accounts import DeletionAccepted, DeletionPreview, DeletionRequest
from oneai.accounts.retention_schedule import RetentionSchedule, schedule
from oneai.conversations.archive import ExportAccepted
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import UserInAnyState, UserOrDeleting, UserOrSuspended

PREVIEW: dict[int | str, dict[str, Any]] = {
    200: {"model": DeletionPreview, "description": "With `preview=1`: what would be erased and what would be stored."},
    202: {"model": DeletionAccepted, "description": "The account is closed, and will be erased."},
}
# The default for an empty body.
UNCONFIRMED = DeletionRequest()

router = APIRouter(tags=["Account"])


@router.post("/user/data-export", summary="Export everything in the account", status_code=202)
async def export_data(user: UserInAnyState) -> ExportAccepted:
    """Exports everything in your account as a zip file; while one is being written, returns that one. A mail reports
    when it is complete. Suspended accounts and accounts that are being deleted can be exported too."""
    return await accounts.export_data(user)


@router.delete("/user", summary="Delete the account", status_code=202, response_model=None, responses=PREVIEW)
async def delete_account(
    user: UserOrSuspended,
    response: Response,
    preview: Annotated[bool, Query(description="`1` only returns what would be done.")] = False,
    request: DeletionRequest = UNCONFIRMED,
) -> DeletionPreview | DeletionAccepted:
    """Stops running answers, and ends your subscription with its period. From now on all other requests are refused
    with 403 `account_deleting`. After the grace period everything except invoices and payments is erased."""
    if preview:
        response.status_code = 200
        return await accounts.preview_deletion(user)
    return await accounts.request_deletion(user, request)


@router.post("/user/restore", summary="Undo the deletion of the account", status_code=204)
async def restore_account(user: UserOrDeleting) -> None:
    """Restores the account, and its subscription too unless the payment provider already has the cancellation. Does
    nothing for an account that is not being deleted."""
    await accounts.restore_account(user)


@router.get("/retention", summary="Get how long data is kept", response_model=RetentionSchedule, responses=CACHEABLE)
async def get_retention(request: Request) -> Response:
    """Returns each kind of data, and when it is deleted. Public."""
    return cacheable(request, schedule().model_dump_json().encode())
