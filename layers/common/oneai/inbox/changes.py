"""What changed in the inbox of a workspace, for members who poll."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.fields import Fields
from oneai.inbox.handoff import Assignee
from oneai.postgres import db
from oneai.postgres.db import Principal


class InboxChange(BaseModel):
    """Something of a conversation changed, which the client reads again."""

    n: int = Field(description="Its number; changes that were made together share it.")
    kind: Literal["created", "message", "status", "assignee", "changed", "deleted"] = Field(
        description="What changed; `changed` is anything else, such as tags."
    )
    conversation_id: UUID = Field(description="The conversation.")


class PresentMember(BaseModel):
    """Another member who has a conversation open."""

    conversation_id: UUID = Field(description="The conversation.")
    member: Assignee = Field(description="The member.")
    typing: bool = Field(description="Whether they are writing.")


class InboxChanges(BaseModel):
    """What changed after a number."""

    items: list[InboxChange] = Field(description="In the order in which they were stored.")
    next: int = Field(description="`after` of the next request.")
    present: list[PresentMember] = Field(description="The other members who have conversations open now.")


class Presence(Fields):
    """The body of `POST /api/inbox/conversations/{id}/presence`."""

    typing: bool = Field(default=False, description="Whether you are writing to the visitor.")


async def changes_after(principal: Principal, after: int | None) -> InboxChanges:
    """Returns the changes in the request's workspace after a number; without it nothing but `next`. Raises Reload if
    changes after it are no longer known, and RoleInsufficient."""
    (found,) = await db.call(
        "select oneai.inbox_changes_after(%s, %s, %s)", [principal.user_id, principal.workspace_id, after]
    )
    return InboxChanges.model_validate(found)


async def be_present(principal: Principal, conversation_id: UUID, presence: Presence) -> None:
    """The member has the conversation open for the next 30 seconds. Raises NotFound, RoleInsufficient."""
    await db.call(
        "select oneai.be_present(%s, %s, %s)", [principal.user_id, conversation_id, presence.typing], idempotent=True
    )
