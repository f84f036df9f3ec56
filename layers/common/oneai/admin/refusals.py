"""Why a request was refused: what it asked for, the error code, and the user's quotas at that time."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin import audit_entries
from oneai.admin.audit_entries import AuditEntry, AuditFilter
from oneai.errors import NotFound
from oneai.postgres import db


class HoldThen(BaseModel):
    """Units that an answer held."""

    message_id: UUID = Field(description="The answer.")
    model: str = Field(description="The requested model.")
    units: int = Field(description="Held units.")
    created_at: datetime = Field(description="Since when.")
    held_until: datetime = Field(description="The end of its lease then.")


class ExceptionThen(BaseModel):
    """The override that was in force."""

    id: int = Field(description="Its id.")
    own_limit: int | None = Field(description="Replaced the plan's limit; null kept it.")
    extra_units: int = Field(description="Added to the limit.")
    until: datetime | None = Field(description="When it ends; null if it has no end.")
    reason: str = Field(description="The reason for it.")


class QuotaThen(BaseModel):
    """A quota at the time of the refusal."""

    quota_key: str = Field(description="Which one.")
    tier: str = Field(description="The plan it came from.")
    plan_limit: int | None = Field(description="The plan's limit; null if the plan does not have this quota.")
    limit: int | None = Field(description="The limit in force, including overrides.")
    grace_units: int = Field(description="Units beyond the limit before a refusal.")
    used: int = Field(description="Used in the window.")
    reserved: int = Field(description="Held by running answers.")
    frequency: str = Field(description="`3hour`, `daily` or `monthly`.")
    window_start: datetime = Field(description="The start of the window.")
    resets_at: datetime = Field(description="When the next window started.")
    holds: list[HoldThen] = Field(description="The units that answers held.")
    exception: ExceptionThen | None = Field(description="The override in force then.")


class RefusedRequest(BaseModel):
    """A request that was refused."""

    request_id: str = Field(description="The id in the answer.")
    created_at: datetime = Field(description="When.")
    user_id: UUID = Field(description="The id of the user who sent the request.")
    api_key_id: UUID | None = Field(description="The API key; null for an access token.")
    route: str = Field(description="The method and the path, such as `POST /chat/stream`.")
    asked: dict[str, Any] = Field(description="Models, conversation and answer of a question, never its text.")
    status: int = Field(description="The status of the answer.")
    code: str = Field(description="The error code of the refusal.")
    message: str = Field(description="The error message that the user received.")
    error: dict[str, Any] = Field(description="Other fields of the error, such as `retry_after` and `alternatives`.")
    quota_key: str | None = Field(description="The exhausted quota, if any.")


class RequestDetail(BaseModel):
    """The answer of `GET /api/admin/requests/{request_id}`. For a request that was not refused it has only `acts`."""

    request_id: str = Field(description="The request.")
    created_at: datetime | None = Field(default=None, description="When it was refused; null if it was not.")
    user_id: UUID | None = Field(default=None, description="The id of the user who sent the request.")
    email: str | None = Field(default=None, description="The user's email address.")
    api_key_id: UUID | None = Field(default=None, description="The API key; null for an access token.")
    route: str | None = Field(default=None, description="The method and the path, such as `POST /chat/stream`.")
    asked: dict[str, Any] = Field(
        default={}, description="Models, conversation and answer of a question, never its text."
    )
    status: int | None = Field(default=None, description="The status of the answer.")
    code: str | None = Field(default=None, description="The error code of the refusal.")
    message: str | None = Field(default=None, description="The error message that the user received.")
    error: dict[str, Any] = Field(default={}, description="Other fields of the error, such as `retry_after`.")
    quota_key: str | None = Field(default=None, description="The exhausted quota, if any.")
    window: QuotaThen | None = Field(default=None, description="That quota at the time of the refusal.")
    holds: list[HoldThen] = Field(default=[], description="The units that answers held.")
    exceptions: list[ExceptionThen] = Field(default=[], description="Overrides in force then, of any quota.")
    quotas: list[QuotaThen] = Field(default=[], description="All quotas of the user at the time of the refusal.")
    acts: list[AuditEntry] = Field(description="Entries of the audit log for the request.")


class _Row(RefusedRequest):
    email: str | None
    quotas: list[QuotaThen]


COLUMNS: LiteralString = """
    r.request_id, r.created_at, r.user_id, r.api_key_id, r.route, r.asked, r.status, r.code, r.message, r.error,
    r.error ->> 'quota_key' as quota_key
"""


async def refusals_of(user_id: UUID, limit: int) -> list[RefusedRequest]:
    """The user's newest refusals."""
    return await db.as_admin(
        f"select {COLUMNS} from oneai.refusals as r where r.user_id = %s order by r.created_at desc limit %s",
        [user_id, limit],
        RefusedRequest,
    )


async def find_request(request_id: str) -> RequestDetail:
    """Returns the refusal and the audit log's entries of a request. Raises NotFound if there are none."""
    rows = await db.as_admin(
        f"""
        select {COLUMNS}, r.quotas, (select u.email from oneai.users as u where u.id = r.user_id) as email
        from oneai.refusals as r where r.request_id = %s
        """,
        [request_id],
        _Row,
    )
    acts = await audit_entries.list_entries(AuditFilter(request_id=request_id), None, 20)
    if not rows and not acts.items:
        raise NotFound("This request has no record. It was not refused, or that is more than a month ago.")
    if not rows:
        return RequestDetail(request_id=request_id, acts=acts.items)
    refused = rows[0]
    window = next((quota for quota in refused.quotas if quota.quota_key == refused.quota_key), None)
    return RequestDetail(
        **refused.model_dump(),
        window=window,
        holds=window.holds if window else [],
        exceptions=[quota.exception for quota in refused.quotas if quota.exception],
        acts=acts.items,
    )
