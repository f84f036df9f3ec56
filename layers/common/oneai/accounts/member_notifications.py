"""Which mail about their workspaces a user wants."""

import json
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai.postgres import db
from oneai.postgres.db import Principal

_HANDOFF = "Emails about visitors who wait for a person."
_WEEKLY = "A weekly email about what visitors asked your chatbots."
_BUDGET = "Emails about limits and budgets that are nearly or completely used up."
_BILLING = "Receipts, refunds and changes of the plan. A failed payment is always emailed."


class WorkspaceNotifications(BaseModel):
    """The kinds of email about a workspace. A kind is null if the user gets no such email, or always gets it."""

    workspace_id: UUID = Field(description="The workspace.")
    name: str | None = Field(description="The team's name; null: the user's personal workspace.")
    handoff: bool | None = Field(description=_HANDOFF)
    weekly: bool | None = Field(description=_WEEKLY)
    budget: bool | None = Field(description=_BUDGET)
    billing: bool | None = Field(description=_BILLING)


class WorkspaceNotificationsList(BaseModel):
    """The answer of `GET /api/user/preferences/workspaces`."""

    items: list[WorkspaceNotifications] = Field(
        description="The user's teams, and the personal workspace if it has chatbots."
    )


class WorkspaceNotificationChanges(BaseModel):
    """The body of `PATCH /api/user/preferences/workspaces/{id}`. Absent and null fields remain unchanged."""

    model_config = ConfigDict(extra="forbid", strict=True)

    handoff: bool | None = Field(default=None, description=_HANDOFF)
    weekly: bool | None = Field(default=None, description=_WEEKLY)
    budget: bool | None = Field(default=None, description=_BUDGET)
    billing: bool | None = Field(default=None, description=_BILLING)


async def list_member_notifications(principal: Principal) -> WorkspaceNotificationsList:
    """Returns what the user gets about each workspace that has such mail."""
    (found,) = await db.call("select oneai.notifications_of_workspaces(%s)", [principal.user_id])
    return WorkspaceNotificationsList.model_validate(found)


async def update_member_notifications(
    principal: Principal, workspace_id: UUID, changes: WorkspaceNotificationChanges
) -> WorkspaceNotifications:
    """Changes the given kinds and returns all of the workspace. Raises NotFound if the user is not in it."""
    (found,) = await db.call(
        "select oneai.update_member_notifications(%s, %s, %s)",
        [principal.user_id, workspace_id, json.dumps(changes.model_dump(exclude_none=True))],
        idempotent=True,
    )
    return WorkspaceNotifications.model_validate(found)
