"""Transfer of a team: an owner offers it to a member, who accepts it or lets it expire."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

# For how many days an offer can be accepted.
OFFER_DAYS = 7


class TransferRequest(BaseModel):
    """The body of `POST /api/workspaces/{id}/transfer`."""

    model_config = ConfigDict(extra="forbid")

    user_id: UUID = Field(description="The member who is to own the workspace.")


class TransferOffer(BaseModel):
    """An open offer to take over a workspace."""

    user_id: UUID = Field(description="The member who can accept it.")
    name: str | None = Field(description="Their name.")
    email: str | None = Field(description="Their email address.")
    created_at: datetime = Field(description="When it was offered.")
    expires_at: datetime = Field(description="Until when it can be accepted.")


class TransferAccepted(BaseModel):
    """The workspace that the user owns now."""

    workspace_id: UUID = Field(description="Its id.")
    role: str = Field(description="The user's role in it, `owner`.")


async def offer_transfer(principal: Principal, reference: str, request: TransferRequest) -> TransferOffer:
    """Offers the workspace to a member; an open offer to another member ends.

    Raises InvalidRequest for a user who is no member or owns it already, WorkspaceNotFound, RoleInsufficient,
    WorkspaceDeleting, and PersonalWorkspace.
    """
    (offer,) = await db.call(
        "select oneai.offer_transfer(%s, %s, %s, %s)", [principal.user_id, reference, request.user_id, OFFER_DAYS]
    )
    return TransferOffer.model_validate(offer)


async def show_transfer(principal: Principal, reference: str) -> TransferOffer:
    """Returns the open offer to an owner or its receiver. Raises NotFound without one, and WorkspaceNotFound."""
    (offer,) = await db.call("select oneai.show_transfer(%s, %s)", [principal.user_id, reference], idempotent=True)
    if offer is None:
        raise NotFound
    return TransferOffer.model_validate(offer)


async def accept_transfer(principal: Principal, reference: str) -> TransferAccepted:
    """Makes the receiver the owner, and the owner who asked an admin.

    Raises NotFound without an open offer to this user, EmailNotConfirmed, NoSeatLeft, WorkspaceNotFound and
    WorkspaceDeleting.
    """
    (workspace_id,) = await db.call("select oneai.accept_transfer(%s, %s)", [principal.user_id, reference])
    return TransferAccepted(workspace_id=workspace_id, role="owner")


async def withdraw_transfer(principal: Principal, reference: str) -> None:
    """Ends the open offer, if there is one: as an owner, or as its receiver. Raises RoleInsufficient for others, and
    WorkspaceNotFound."""
    await db.call("select oneai.withdraw_transfer(%s, %s)", [principal.user_id, reference], idempotent=True)
