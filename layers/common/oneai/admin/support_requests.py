"""The support queue: requests with the time by which each is to be answered, and whether it was."""

from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin import pages
from oneai.admin.act import Actor, act
from oneai.errors import NotFound
from oneai.postgres import db

type SupportState = Literal["open", "answered"]


class SupportRequest(BaseModel):
    """A request of a user."""

    id: UUID = Field(description="Its id.")
    kind: str = Field(description="What it asks for: `sales`, a plan that is sold by the sales team.")
    user_id: UUID = Field(description="The user's id.")
    email: str | None = Field(description="The user's email address, to which the answer goes.")
    workspace_id: UUID = Field(description="The workspace that it is about.")
    workspace_name: str | None = Field(description="The name of the workspace; null for a personal one.")
    tier: str = Field(description="The plan of the workspace when it was made.")
    plan_id: str = Field(description="The plan that it is about.")
    seats: int | None = Field(description="For how many people.")
    company: str | None = Field(description="The name of the company.")
    message: str = Field(description="The user's text.")
    created_at: datetime = Field(description="When it was made.")
    due_at: datetime = Field(description="By when it is to be answered.")
    overdue: bool = Field(description="Whether that has passed without an answer.")
    answered_at: datetime | None = Field(description="When it was answered; null while it is open.")
    answered_by: UUID | None = Field(description="The id of the admin who answered.")


class SupportRequestPage(BaseModel):
    """A page of the queue."""

    items: list[SupportRequest] = Field(
        description="Open ones: the most urgent first. Answered ones: the newest first."
    )
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def list_requests(state: SupportState, cursor: str | None, limit: int) -> SupportRequestPage:
    """A page of open requests by their due time, or of answered ones, the newest first. Raises InvalidRequest for an
    invalid cursor."""
    at, last = pages.after_time(cursor)
    is_open = state == "open"
    place: LiteralString = "(r.due_at, r.id) > (%s, %s)" if is_open else "(r.answered_at, r.id) < (%s, %s)"
    order: LiteralString = "r.due_at, r.id" if is_open else "r.answered_at desc, r.id desc"
    which: LiteralString = "r.answered_at is null" if is_open else "r.answered_at is not null"
    after: LiteralString = "" if at is None else f"and {place}"
    rows = await db.as_admin(
        f"select {_COLUMNS} from {_JOINED} where {which} {after} order by {order} limit %s",
        [*([] if at is None else [at, last]), limit + 1],
        SupportRequest,
    )
    items, following = pages.cut(
        rows, limit, lambda row: ((row.due_at if is_open else row.answered_at or row.due_at).isoformat(), str(row.id))
    )
    return SupportRequestPage(items=items, next_cursor=following)


async def mark_answered(actor: Actor, request_id: UUID, reason: str) -> None:
    """Marks a request as answered; idempotent, the first answer remains. Raises NotFound."""
    async with act(actor, reason) as running:
        row = await running.call(
            "select user_id, answered_at from oneai.support_requests where id = %s for update", [request_id]
        )
        if row is None:
            raise NotFound
        user_id, answered_at = row
        if answered_at is None:
            await running.call(
                "update oneai.support_requests set answered_at = oneai.now(), answered_by = %s where id = %s",
                [actor.user_id, request_id],
            )
            await running.record("support.answer", user_id=user_id, target=("support_request", request_id))


_COLUMNS: LiteralString = """
    r.id, r.kind, r.user_id, u.email, r.workspace_id, w.name as workspace_name, r.tier, r.plan_id, r.seats, r.company,
    r.message, r.created_at, r.due_at, r.answered_at is null and r.due_at <= oneai.now() as overdue, r.answered_at,
    r.answered_by
"""
_JOINED: LiteralString = """
    oneai.support_requests as r join oneai.users as u on u.id = r.user_id
    join oneai.workspaces as w on w.id = r.workspace_id
"""
