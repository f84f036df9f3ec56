"""Routes for what needs a look: reported shares, jobs, refused requests, and the audit log."""

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


@router.get("/admin/requests/{request_id}", dependencies=[STAFF], summary="Look a request up")
async def get_request(request_id: RequestId) -> RequestDetail:
    """Why it was refused: what was asked, by which code and quota, and how windows, holds and exceptions stood then.
    Refusals are kept for a month. 404 for a request that nothing is recorded of."""
    return await refusals.find_request(request_id)


@router.get("/admin/shares", dependencies=[STAFF], summary="List reported shares")
async def list_reported_shares(cursor: Cursor = None, limit: Limit = 50) -> ReportedSharePage:
    """Shared conversations that readers reported and that are still open, by when they are to be decided: `due_at`
    follows from the most urgent report."""
    return await shares.list_reported(cursor, limit)


@router.post("/admin/shares/{id}/take-down", summary="Take a share down")
async def take_share_down(
    admin: Admin, id: Annotated[UUID, Path(description="The share's id.")], body: ActReason
) -> TakenDownShare:
    """Its links find nothing from the next request on. It acknowledges the alert."""
    return await shares.take_down(Actor.admin(admin.user_id), body.reason, share_id=id)


@router.post("/admin/shares/{id}/dismiss", summary="Dismiss the reports of a share", status_code=204)
async def dismiss_share_reports(
    admin: Admin, id: Annotated[UUID, Path(description="The share's id.")], body: ActReason
) -> None:
    """It stays as it is, and leaves the list until another reader reports it. It acknowledges the alert."""
    await shares.dismiss(Actor.admin(admin.user_id), id, body.reason)


@router.get("/admin/jobs", dependencies=[STAFF], summary="List what jobs have to do")
async def list_queues() -> JobQueueList:
    """How much is due of every job, since when, and how much it gave up."""
    return await jobs.list_queues()


@router.get("/admin/dead-letters", dependencies=[STAFF], summary="List what jobs gave up")
async def list_dead_letters(cursor: Cursor = None, limit: Limit = 50) -> DeadLetterPage:
    """Mail, exports and imports that were given up, the newest first."""
    return await jobs.list_dead_letters(cursor, limit)


@router.post("/admin/dead-letters/{kind}/{id}/retry", summary="Have a job try again", status_code=204)
async def retry_dead_letter(
    admin: Admin,
    kind: Annotated[Literal["mail", "export"], Path(description="What it is.")],
    id: Annotated[UUID, Path(description="Its id.")],
    body: ActReason,
) -> None:
    """The job tries it again within a minute."""
    await jobs.retry(Actor.admin(admin.user_id), kind, id, body.reason)


@router.get("/admin/audit", dependencies=[STAFF], summary="Read the audit log")
async def list_audit(
    *,
    user_id: Annotated[UUID | None, Query(description="Acts of and about this user.")] = None,
    actor: Annotated[AuditText | None, Query(description="Acts of this user id, operator or job.")] = None,
    action: Annotated[AuditAction | None, Query(description="Acts of this kind.")] = None,
    request_id: Annotated[AuditText | None, Query(description="Acts of this request.")] = None,
    since: Annotated[Moment | None, Query(description="Acts since then.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """Who did what to whom, when, from where and why, the newest first."""
    which = AuditFilter(user_id=user_id, actor=actor, action=action, request_id=request_id, since=since)
    return await audit_entries.list_entries(which, cursor, limit)


@router.get("/admin/staff", dependencies=[STAFF], summary="List admins and support")
async def list_staff() -> StaffList:
    """Everybody who may use these routes."""
    return await staff_members.list_staff()
