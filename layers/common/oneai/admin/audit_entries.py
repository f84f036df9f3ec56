"""The audit log as admins read it: who did what, to whom, when, from where and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field, IPvAnyAddress

from oneai import cursors
from oneai.accounts.audit import AuditAction
from oneai.admin import pages
from oneai.postgres import db


class AuditEntry(BaseModel):
    """One act."""

    id: int = Field(description="The entry's number; newer entries have higher numbers.")
    created_at: datetime = Field(description="When it happened.")
    actor_kind: str = Field(description="`user`, `admin`, `operator`, `provider` or `system`.")
    actor: str = Field(description="The id of a user or admin, else a name.")
    actor_email: str | None = Field(description="The email address of a user or an admin, if known.")
    action: str = Field(description="Such as `account.suspend`.")
    user_id: UUID | None = Field(description="The account that it concerns; a random id for an erased user.")
    user_email: str | None = Field(description="The email address of that account, if known.")
    target_kind: str | None = Field(description="The kind of object that was changed, such as `quota_override`.")
    target_id: str | None = Field(description="Its id.")
    reason: str | None = Field(description="Why.")
    ip: IPvAnyAddress | None = Field(description="The address of the request.")
    user_agent: str | None = Field(description="The browser or program; for an operator, the command and its host.")
    request_id: str | None = Field(description="The id of the request.")
    detail: dict[str, Any] = Field(description="Further details.")


class AuditPage(BaseModel):
    """A page of entries."""

    items: list[AuditEntry] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; None means all. `user_id`: by and about this user."""

    user_id: UUID | None = None
    actor: str | None = None
    action: AuditAction | None = None
    request_id: str | None = None
    since: datetime | None = None


COLUMNS: LiteralString = """
    a.id, a.created_at, a.actor_kind, a.actor, case when a.actor_kind in ('user', 'admin') then (
      select u.email from oneai.users as u where u.id = a.actor::uuid) end as actor_email,
    a.action, a.user_id, (select u.email from oneai.users as u where u.id = a.user_id) as user_email, a.target_kind,
    a.target_id, a.reason, a.ip, a.user_agent, a.request_id, a.detail
"""


async def list_entries(which: AuditFilter, cursor: str | None, limit: int) -> AuditPage:
    """Returns a page of entries. Raises InvalidRequest for an invalid cursor."""
    after = cursors.after_id(cursor)
    conditions: list[LiteralString] = ["true"]
    params: list[Any] = []
    if which.user_id is not None:
        # Two index scans. One condition with `or` would read the log backwards until a page is full.
        conditions.append(
            """a.id in (
              (select b.id from oneai.audit_log as b where b.user_id = %s and (%s::bigint is null or b.id < %s)
                order by b.id desc limit %s)
              union
              (select b.id from oneai.audit_log as b where b.actor = %s and (%s::bigint is null or b.id < %s)
                order by b.id desc limit %s))"""
            if which.action is None and which.actor is None and which.request_id is None and which.since is None
            else "(a.user_id = %s or a.actor = %s)"
        )
        bounds = [after, after, limit + 1]
        params += (
            [which.user_id, *bounds, str(which.user_id), *bounds]
            if conditions[-1].startswith("a.id in")
            else [which.user_id, str(which.user_id)]
        )
    for condition, value in _equal(which):
        conditions.append(condition)
        params.append(value)
    if after is not None:
        conditions.append("a.id < %s")
        params.append(after)
    where: LiteralString = " and ".join(conditions)
    rows = await db.as_admin(
        f"select {COLUMNS} from oneai.audit_log as a where {where} order by a.id desc limit %s",
        [*params, limit + 1],
        AuditEntry,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.id,))
    return AuditPage(items=items, next_cursor=following)


def _equal(which: AuditFilter) -> list[tuple[LiteralString, Any]]:
    """The remaining conditions, with their values."""
    named: list[tuple[LiteralString, Any]] = [
        ("a.actor = %s", which.actor),
        ("a.action = %s", which.action),
        ("a.request_id = %s", which.request_id),
        ("a.created_at >= %s", which.since),
    ]
    return [(condition, value) for condition, value in named if value is not None]
