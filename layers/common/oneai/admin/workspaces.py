"""Workspaces for admins: list, find, suspend, and end a suspension."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin import pages
from oneai.admin.act import Actor, act
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.text import clean_line

type WorkspaceKind = Literal["personal", "team"]
type WorkspaceState = Annotated[Literal["active", "suspended", "deleting"], Field(description="Its state.")]

MEMBERS = 500


class AdminWorkspace(BaseModel):
    """A workspace in a list."""

    id: UUID = Field(description="Its id; a personal workspace has its user's id.")
    kind: WorkspaceKind = Field(description="`personal`, or `team`.")
    name: str | None = Field(description="Its name; for a personal workspace its user's.")
    slug: str | None = Field(description="The name in its address; null for a personal workspace.")
    owner_id: UUID | None = Field(description="The id of its owner; of several, the first.")
    owner_email: str | None = Field(description="The owner's email address.")
    members: int = Field(description="How many members it has.")
    tier: str = Field(description="Its plan.")
    seats: int | None = Field(description="The seats of a team; null for a personal workspace.")
    subscription_status: str = Field(description="The status of its subscription.")
    created_at: datetime = Field(description="When it was created.")
    suspended_at: datetime | None = Field(description="Since when it is suspended; null if it is not.")
    deletes_at: datetime | None = Field(description="When it is deleted, if its owner requested that.")


class AdminWorkspaceMember(BaseModel):
    """A member of a workspace."""

    user_id: UUID = Field(description="The user's id.")
    email: str | None = Field(description="Their email address.")
    name: str | None = Field(description="Their name.")
    role: str = Field(description="`owner`, `admin`, `member` or `viewer`.")
    joined_at: datetime = Field(description="Since when.")


class AdminWorkspaceUse(BaseModel):
    """What a workspace has."""

    conversations: int = Field(description="Chats.")
    documents: int = Field(description="Documents.")
    api_keys: int = Field(description="API keys that are not revoked.")


class AdminWorkspaceDetail(AdminWorkspace):
    """One workspace, with its members."""

    use: AdminWorkspaceUse = Field(description="What it has.")
    people: list[AdminWorkspaceMember] = Field(description=f"Its members, the first {MEMBERS} by the time they joined.")


class AdminWorkspacePage(BaseModel):
    """A page of workspaces."""

    items: list[AdminWorkspace] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


@dataclass(frozen=True)
class WorkspaceFilter:
    """Which workspaces: `q` is an id, a slug, an owner's email address, or the start of a team's name."""

    q: str | None = None
    kind: WorkspaceKind | None = None
    tier: str | None = None
    state: WorkspaceState | None = None


async def list_workspaces(which: WorkspaceFilter, cursor: str | None, limit: int) -> AdminWorkspacePage:
    """A page of workspaces. Raises InvalidRequest for an invalid cursor."""
    at, last = pages.after_time(cursor)
    conditions: list[LiteralString] = ["true"]
    params: list[Any] = []
    for condition, values in _conditions(which):
        conditions.append(condition)
        params += values
    if at is not None:
        conditions.append("(w.created_at, w.id) < (%s, %s)")
        params += [at, last]
    rows = await db.as_admin(
        f"select {_COLUMNS} from {_JOINED} where {' and '.join(conditions)} "
        "order by w.created_at desc, w.id desc limit %s",
        [*params, limit + 1],
        AdminWorkspace,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.id)))
    return AdminWorkspacePage(items=items, next_cursor=following)


def _conditions(which: WorkspaceFilter) -> list[tuple[LiteralString, list[Any]]]:
    conditions: list[tuple[LiteralString, list[Any]]] = []
    if text := clean_line(which.q or "").lower():
        start = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        conditions.append(
            (
                "(w.id::text = %s or w.slug::text = %s "
                "or (w.kind = 'team' and lower(w.name::text) collate \"C\" like %s) "
                "or w.id in (select m.workspace_id from oneai.users as found "
                "join oneai.workspace_members as m on m.user_id = found.id and m.role = 'owner' "
                "where lower(found.email) = %s))",
                [text, text, start, text],
            )
        )
    if which.kind is not None:
        conditions.append(("w.kind = %s", [which.kind]))
    if which.tier is not None:
        conditions.append(("w.subscription_tier = %s", [which.tier]))
    if which.state == "suspended":
        conditions.append(("w.suspended_at is not null", []))
    elif which.state == "deleting":
        conditions.append(("w.deletes_at is not null", []))
    elif which.state == "active":
        conditions.append(("w.suspended_at is null and w.deletes_at is null", []))
    return conditions


async def find_workspace(workspace_id: UUID) -> AdminWorkspaceDetail:
    """One workspace with its members. Raises NotFound."""
    rows = await db.as_admin(
        f"""
        select {_COLUMNS},
          oneai.workspace_use(w.id) as use,
          (select coalesce(jsonb_agg(p order by p.joined_at, p.user_id), '[]') from (
            select m.user_id, u.email, u.name, m.role, m.joined_at
            from oneai.workspace_members as m join oneai.users as u on u.id = m.user_id
            where m.workspace_id = w.id order by m.joined_at, m.user_id limit {MEMBERS}) as p) as people
        from {_JOINED} where w.id = %s
        """,
        [workspace_id],
        AdminWorkspaceDetail,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def set_suspended(actor: Actor, workspace_id: UUID, reason: str, *, suspended: bool) -> bool:
    """Suspends a team, whose members and API keys are refused from the next request on, or ends that. Returns whether
    anything changed. Subscriptions continue to be charged until they are cancelled.

    Raises NotFound for an unknown workspace, and PersonalWorkspace for one that is suspended with its user.
    """
    async with act(actor, reason) as running:
        (changed,) = await running.call("select oneai.set_workspace_suspended(%s, %s)", [workspace_id, suspended])
        if changed:
            (owner,) = await running.call("select oneai.owner_of(%s)", [workspace_id])
            await running.record(
                "workspace.suspend" if suspended else "workspace.unsuspend",
                user_id=owner,
                target=("workspace", workspace_id),
            )
    return bool(changed)


_COLUMNS: LiteralString = """
    w.id, w.kind, coalesce(w.name, o.name) as name, w.slug, o.id as owner_id, o.email as owner_email,
    (select count(*) from oneai.workspace_members as m where m.workspace_id = w.id) as members,
    w.subscription_tier as tier, case when w.kind = 'team' then w.seats end as seats, w.subscription_status,
    w.created_at, w.suspended_at, w.deletes_at
"""
_JOINED: LiteralString = (
    "oneai.workspaces as w left join oneai.users as o on o.id = coalesce(w.personal_of, oneai.owner_of(w.id))"
)
