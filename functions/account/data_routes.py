"""Routes for one's own data: how long it is kept, exporting all of it, and deleting the account."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from oneai import accounts
from oneai.accounts import DeletionAccepted, DeletionPreview, DeletionRequest
from oneai.accounts.retention_schedule import RetentionSchedule, schedule
from oneai.conversations.archive import ExportAccepted
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import UserInAnyState, UserOrDeleting, UserOrSuspended

PREVIEW: dict[int | str, dict[str, Any]] = {
    200: {"model": DeletionPreview, "description": "With `preview=1`: what would be erased and what kept."},
    202: {"model": DeletionAccepted, "description": "The account is closed, and will be erased."},
}
# What an empty body means.
UNCONFIRMED = DeletionRequest()

router = APIRouter(tags=["Account"])


@router.post("/user/data-export", summary="Export everything in the account", status_code=202)
async def export_data(user: UserInAnyState) -> ExportAccepted:
    """A zip file of everything in your account; the same one while it is being written. A mail says when it is done.
    Suspended accounts and those being deleted can be exported too."""
    return await accounts.export_data(user)


@router.delete("/user", summary="Delete the account", status_code=202, response_model=None, responses=PREVIEW)
async def delete_account(
    user: UserOrSuspended,
    response: Response,
    preview: Annotated[bool, Query(description="`1` says what would be done, and does nothing.")] = False,
    request: DeletionRequest = UNCONFIRMED,
) -> DeletionPreview | DeletionAccepted:
    """Answers that are being written stop, and your subscription ends with its period. From now on everything else is
    refused with 403 `account_deleting`; after the days of grace everything is erased but invoices and payments."""
    if preview:
        response.status_code = 200
        return await accounts.preview_deletion(user)
    return await accounts.request_deletion(user, request)


@router.post("/user/restore", summary="Undo the deletion of the account", status_code=204)
async def restore_account(user: UserOrDeleting) -> None:
    """The account is as it was, its subscription too unless the payment provider has the cancellation already.
    Nothing happens to an account that is not being deleted."""
    await accounts.restore_account(user)


@router.get("/retention", summary="Get how long data is kept", response_model=RetentionSchedule, responses=CACHEABLE)
async def get_retention(request: Request) -> Response:
    """Each kind of data, and when it is deleted here. Public."""
    return cacheable(request, schedule().model_dump_json().encode())
