"""Moves a conversation to another workspace, which pays for its answers and its storage from then on."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai.postgres import db
from oneai.postgres.db import Principal

# A long conversation takes its search index along; API Gateway's limit is 29 s.
MOVE_SECONDS = 25


class MoveRequest(BaseModel):
    """The body of `POST /api/conversations/{id}/move`."""

    model_config = ConfigDict(extra="forbid")

    workspace_id: UUID = Field(description="The workspace that the conversation moves to, in which you may write.")


class Payer(BaseModel):
    """A workspace that pays."""

    id: UUID = Field(description="The workspace's id.")
    name: str | None = Field(description="Its name; null for your personal workspace.")
    kind: Literal["personal", "team"] = Field(description="`personal` or `team`.")
    plan: str = Field(description="Its plan, whose quotas pay for the answers.")


class Move(BaseModel):
    """Who pays for a conversation before and after it moves."""

    moved: bool = Field(description="False for a preview, which changes nothing.")
    conversation_id: UUID = Field(description="The conversation.")
    paid_before: Payer = Field(description="The workspace that has paid so far, and keeps what it has paid.")
    paid_after: Payer = Field(description="The workspace that pays for later answers and for the storage.")
    bytes: int = Field(description="The storage that moves, in bytes.")
    documents: int = Field(description="The attached files that move along.")


async def move(principal: Principal, conversation_id: UUID, workspace_id: UUID, *, preview: bool) -> Move:
    """Moves a private conversation of the user, or with `preview` says what that would change.

    Raises NotFound, Forbidden for another author's, WorkspaceNotFound and RoleInsufficient for the other workspace,
    InvalidRequest for a conversation that is temporary, shared or there already, ConversationBusy, AttachmentNotReady
    and StorageFull.
    """
    (moved,) = await db.call_long(
        "select oneai.move_conversation(%s, %s, %s, %s)",
        [principal.user_id, conversation_id, workspace_id, preview],
        seconds=MOVE_SECONDS,
    )
    return Move(paid_before=moved.pop("from"), paid_after=moved.pop("to"), **moved)
