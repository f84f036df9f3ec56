"""An invitation as its recipient sees it: looked up by the token in the mail, and accepted."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.workspaces.fields import WorkspaceRole


class InvitationToken(BaseModel):
    """The body of `POST /api/invitations/lookup` and `POST /api/invitations/accept`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="The end of the address in the mail, after `/invite/`."
    )


class InvitingWorkspace(BaseModel):
    """The team of an invitation."""

    name: str = Field(description="Its name.")


class InvitationPreview(BaseModel):
    """What an invitation offers."""

    workspace: InvitingWorkspace = Field(description="The team.")
    role: WorkspaceRole = Field(description="What you may do in the team.")
    inviter: str = Field(description="Who invites; empty if they have no name and no address.")
    email_hint: str = Field(description="The invited address, mostly hidden, such as `r•••@e•••.com`.")
    expires_at: datetime = Field(description="When it expires.")
    members_may_download: bool = Field(
        description="Whether you may download your private conversations when you leave the team, within 30 days."
    )
    state: Literal["open", "accepted", "revoked", "expired", "full"] = Field(
        description="`open`; `accepted`, `revoked` and `expired` for one that has ended; `full` while no seat is left."
    )


class AcceptedInvitation(BaseModel):
    """The team that the user is a member of now."""

    workspace_id: UUID = Field(description="The team's id.")
    role: WorkspaceRole = Field(description="Your role in it.")


async def look_up(token: str) -> InvitationPreview:
    """What the invitation with this token offers. Raises InvitationEnded for an unknown token, also that of an earlier
    mail."""
    (found,) = await db.call("select oneai.look_up_invitation(%s)", [_hash(token)])
    return InvitationPreview.model_validate(found)


async def accept(principal: Principal, token: str) -> AcceptedInvitation:
    """Makes the user a member. Another acceptance by the same member returns the same.

    Raises InvitationForAnotherAddress, EmailNotConfirmed, NoSeatLeft, and InvitationEnded for one that is unknown, used
    by another person, revoked or expired, or whose inviter may no longer invite.
    """
    (accepted,) = await db.call("select oneai.accept_invitation(%s, %s)", [principal.user_id, _hash(token)])
    return AcceptedInvitation.model_validate(accepted)


def _hash(token: str) -> bytes:
    # Lone surrogates, which JSON can express, are no token.
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
