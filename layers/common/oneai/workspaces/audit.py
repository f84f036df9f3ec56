"""The audit log of a team, for its owners and admins: who did what, to whom and when. It has no text of chats."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.csv_file import csv_lines
from oneai.postgres import db
from oneai.postgres.db import Principal

# The most entries in one CSV file, about 3 MB.
CSV_ENTRIES = 10_000


class WorkspaceAuditEntry(BaseModel):
    """One action in the workspace."""

    id: int = Field(description="The entry's number; newer entries have higher numbers.")
    created_at: datetime = Field(description="When it happened.")
    actor_kind: str = Field(description="`user`, `admin`, `operator`, `provider` or `system`.")
    actor_id: UUID | None = Field(description="The user who acted; null for other actors, and for an erased user.")
    actor_name: str | None = Field(description="Their name.")
    actor_email: str | None = Field(description="Their email address.")
    action: str = Field(description="Such as `member.remove`.")
    user_id: UUID | None = Field(description="The user whom it concerns; a random id for an erased one.")
    user_name: str | None = Field(description="Their name.")
    user_email: str | None = Field(description="Their email address.")
    target_kind: str | None = Field(description="The kind of object that was changed, such as `api_key`.")
    target_id: str | None = Field(description="Its id.")
    detail: dict[str, Any] = Field(description="Further details, such as the names of changed fields.")


class WorkspaceAuditPage(BaseModel):
    """A page of entries."""

    items: list[WorkspaceAuditEntry] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


@dataclass(frozen=True, slots=True)
class WorkspaceAuditFilter:
    """Which entries; None means all. `since` is inclusive, `until` exclusive."""

    action: str | None = None
    actor: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_audit(
    principal: Principal, reference: str, which: WorkspaceAuditFilter, cursor: str | None, limit: int
) -> WorkspaceAuditPage:
    """Returns a page of entries of the workspace with this id or slug. Raises InvalidRequest for an invalid cursor,
    WorkspaceNotFound and RoleInsufficient."""
    before = cursors.after_id(cursor)
    (rows,) = await db.call(
        "select oneai.workspace_audit(%s, %s, %s, %s, %s, %s, %s, %s)",
        [principal.user_id, reference, which.action, which.actor, which.since, which.until, before, limit + 1],
        idempotent=True,
    )
    items = [WorkspaceAuditEntry.model_validate(row) for row in rows[:limit]]
    return WorkspaceAuditPage(items=items, next_cursor=cursors.encode(items[-1].id) if len(rows) > limit else None)


async def audit_csv(principal: Principal, reference: str, which: WorkspaceAuditFilter, cursor: str | None) -> str:
    """Returns at most ten thousand entries as CSV, newest first. Raises as `list_audit` does."""
    page = await list_audit(principal, reference, which, cursor, CSV_ENTRIES)
    columns = list(WorkspaceAuditEntry.model_fields)
    return csv_lines([columns, *([_cell(getattr(entry, name)) for name in columns] for entry in page.items)])


def _cell(value: Any) -> str:
    """The value as one cell: times as ISO 8601 in UTC, details as JSON, nothing for None."""
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case dict():
            return json.dumps(value, ensure_ascii=False) if value else ""
    return str(value)
