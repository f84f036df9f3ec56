"""Routes for the support queue."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from staff import STAFF, Admin

from oneai.admin import support_requests
from oneai.admin.act import Actor, ActReason
from oneai.admin.support_requests import SupportRequestPage, SupportState
from oneai.http.fastapi_app import Cursor, Limit

router = APIRouter(tags=["Admin"])


@router.get("/admin/support", dependencies=[STAFF], summary="List the support queue")
async def list_support_requests(
    state: Annotated[SupportState, Query(description="`open`, or `answered`.")] = "open",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> SupportRequestPage:
    """Lists open requests, the most urgent first, or answered ones, the newest first."""
    return await support_requests.list_requests(state, cursor, limit)


@router.post("/admin/support/{id}/answered", summary="Mark a request as answered", status_code=204)
async def answer_support_request(
    admin: Admin, id: Annotated[UUID, Path(description="The request's id.")], body: ActReason
) -> None:
    """Removes a request from the open ones. The answer itself is an email. Idempotent: the first answer remains."""
    await support_requests.mark_answered(Actor.admin(admin.user_id), id, body.reason)
