"""Routes for reviews: reported shares, jobs, refused requests, and the audit log."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, Field
from staff import STAFF, Admin

from oneai.accounts.audit import AuditAction
from oneai.admin import audit_entries, jobs, refusals, shares, staff_members
from oneai.admin.act import Actor, ActReason
from oneai.admin.audit_entries import AuditFilter, AuditPage
from oneai.admin.jobs import DeadLetterPage, JobQueueList
from oneai.admin.refusals import RequestDetail
from oneai.admin.shares import ReportedSharePage, TakenDownShare
from oneai.admin.staff_members import StaffList
from oneai.http.fastapi_app import Cursor, Limit
from oneai.text import clean_line
from oneai.times import Moment

router = APIRouter(tags=["Admin"])

RequestId = Annotated[
    str,
    Path(min_length=1, max_length=200, description="`X-Request-Id` of the request's answer."),
    AfterValidator(clean_line),
]
AuditText = Annotated[str, Field(max_length=200), AfterValidator(clean_line)]


@router.get("/admin/requests/{request_id}", dependencies=[STAFF], summary="Look up a request")
async def get_request(request_id: RequestId) -> RequestDetail:
    """Returns why a request was refused: what it asked for, the code and the quota, and the windows, holds and
    overrides at that time. Refusals are stored for a month. 404 for a request without a record."""
    return await refusals.find_request(request_id)


@router.get("/admin/shares", dependencies=[STAFF], summary="List reported shares")
async def list_reported_shares(cursor: Cursor = None, limit: Limit = 50) -> ReportedSharePage:
    """Lists reported shares that are still open, by deadline: `due_at` is the deadline of the most urgent report."""
    return await shares.list_reported(cursor, limit)


@router.post("/admin/shares/{id}/take-down", summary="Take a share down")
async def take_share_down(
    admin: Admin, id: Annotated[UUID, Path(description="The share's id.")], body: ActReason
) -> TakenDownShare:
    """Closes the share's links from the next request on, and acknowledges the alert."""
    return await shares.take_down(Actor.admin(admin.user_id), body.reason, share_id=id)


@router.post("/admin/shares/{id}/dismiss", summary="Dismiss the reports of a share", status_code=204)
async def dismiss_share_reports(
    admin: Admin, id: Annotated[UUID, Path(description="The share's id.")], body: ActReason
) -> None:
    """Leaves the share open, removes it from the list until another reader reports it, and acknowledges the alert."""
    await shares.dismiss(Actor.admin(admin.user_id), id, body.reason)


@router.get("/admin/jobs", dependencies=[STAFF], summary="List the queues of jobs")
async def list_queues() -> JobQueueList:
    """Returns the number and age of due items, and the number of failed items, for every job."""
    return await jobs.list_queues()


@router.get("/admin/dead-letters", dependencies=[STAFF], summary="List failed items of jobs")
async def list_dead_letters(cursor: Cursor = None, limit: Limit = 50) -> DeadLetterPage:
    """Lists failed mail, exports and imports, newest first."""
    return await jobs.list_dead_letters(cursor, limit)


@router.post("/admin/dead-letters/{kind}/{id}/retry", summary="Retry a failed item", status_code=204)
async def retry_dead_letter(
    admin: Admin,
    kind: Annotated[Literal["mail", "export"], Path(description="The kind of item.")],
    id: Annotated[UUID, Path(description="Its id.")],
    body: ActReason,
) -> None:
    """Makes the job retry the item within a minute."""
    await jobs.retry(Actor.admin(admin.user_id), kind, id, body.reason)


@router.get("/admin/audit", dependencies=[STAFF], summary="Read the audit log")
async def list_audit(
    *,
    user_id: Annotated[UUID | None, Query(description="Entries by and about this user.")] = None,
    actor: Annotated[AuditText | None, Query(description="Entries by this user id, operator or job.")] = None,
    action: Annotated[AuditAction | None, Query(description="Entries of this kind.")] = None,
    request_id: Annotated[AuditText | None, Query(description="Entries of this request.")] = None,
    since: Annotated[Moment | None, Query(description="Acts since then.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """Lists who did what to whom, when, from where and why, newest first."""
    which = AuditFilter(user_id=user_id, actor=actor, action=action, request_id=request_id, since=since)
    return await audit_entries.list_entries(which, cursor, limit)


@router.get("/admin/staff", dependencies=[STAFF], summary="List admins and support")
async def list_staff() -> StaffList:
    """Lists everyone who may use these routes."""
    return await staff_members.list_staff()
