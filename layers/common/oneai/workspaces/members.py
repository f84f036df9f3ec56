"""The members of a team: listed, given roles, removed; and a member who leaves."""

import json
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import cursors
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.workspaces.change import plain_reference
from oneai.workspaces.fields import WorkspaceRole

# For how long a former member's private conversations wait in the team.
DEPARTURE_DAYS = 30


class Member(BaseModel):
    """A member of a team."""

    user_id: UUID = Field(description="The user's id.")
    name: str | None = Field(description="The user's name; null: none.")
    email: str | None = Field(description="The user's email address; null: none.")
    role: WorkspaceRole = Field(description="What they may do in the team.")
    joined_at: datetime = Field(description="When they joined.")
    usage_limit_percent: int | None = Field(
        description="The most that they may use of each limit of the team, in percent; null: as much as the team has."
    )
    used: dict[str, int] | None = Field(
        description="Units that they have used of each quota in its current window. Owners and admins see everyone's, "
        "others their own; null: not shown."
    )


class MemberPage(BaseModel):
    """A page of members."""

    items: list[Member] = Field(description="The members, the first who joined first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class MemberChanges(BaseModel):
    """The body of `PUT /api/team/members/{user_id}`. Absent fields remain unchanged."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: WorkspaceRole | None = Field(
        default=None, description="What they may do in the team; at most your own role. Null: unchanged."
    )
    usage_limit_percent: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="The most that they may use of each limit of the team, in percent. Null: as much as the team has. "
        "Absent: unchanged.",
    )


async def list_members(principal: Principal, limit: int, cursor: str | None) -> MemberPage:
    """The members of the request's team. Raises PersonalWorkspace, WorkspaceNotFound, InvalidRequest for an invalid
    cursor."""
    joined, after = (None, None) if cursor is None else cursors.decode(cursor, str, str)
    (rows,) = await db.call(
        "select coalesce(jsonb_agg(m), '[]') from oneai.list_members(%s, %s, %s, %s, %s) as m",
        [
            *(principal.user_id, principal.workspace_id),
            *(joined and cursors.parse_time(joined), after and cursors.parse(UUID, after), limit + 1),
        ],
    )
    items = [Member.model_validate(row) for row in rows[:limit]]
    return MemberPage(
        items=items,
        next_cursor=cursors.encode(items[-1].joined_at.isoformat(), str(items[-1].user_id))
        if len(rows) > limit
        else None,
    )


async def change_member(principal: Principal, user_id: UUID, changes: MemberChanges) -> Member:
    """Sets the given fields of a member. Raises NotFound for a user who is no member, RoleInsufficient, LastOwner,
    NoSeatLeft for a viewer who would need one, PersonalWorkspace, WorkspaceNotFound."""
    fields = changes.model_dump(exclude_unset=True)
    (changed,) = await db.call(
        "select oneai.change_member(%s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, user_id, json.dumps(fields)],
    )
    return Member.model_validate(changed)


async def remove_member(principal: Principal, user_id: UUID, heir: UUID | None) -> None:
    """Ends a membership: access ends with the next request, and keys and public links that the member made there are
    revoked. `heir` inherits what the member owns alone; their private conversations wait for DEPARTURE_DAYS.

    Raises NotFound, RoleInsufficient, LastOwner, InvalidRequest for an heir who is no other member, PersonalWorkspace,
    WorkspaceNotFound.
    """
    await db.call(
        "select oneai.remove_member(%s, %s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, user_id, heir, DEPARTURE_DAYS],
    )


async def leave_workspace(principal: Principal, reference: str, heir: UUID | None) -> None:
    """Ends the user's own membership, as `remove_member` does. Raises LastOwner, InvalidRequest for an heir who is no
    other member, PersonalWorkspace, WorkspaceNotFound."""
    await db.call(
        "select oneai.leave_workspace(%s, %s, %s, %s)",
        [principal.user_id, plain_reference(reference), heir, DEPARTURE_DAYS],
    )
