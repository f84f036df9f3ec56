"""Routes for invitations: of the request's team, and by the token in a mail."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from oneai import workspaces
from oneai.http.fastapi_app import GUESSABLE, Cursor, Limit, Manager, PersonalUser
from oneai.workspaces import (
    AcceptedInvitation,
    Invitation,
    InvitationPage,
    InvitationPreview,
    InvitationResults,
    InvitationToken,
    NewInvitation,
    NewInvitations,
)
from oneai.workspaces.recent_sign_in import require_recent_sign_in

InvitationId = Annotated[UUID, Path(description="The invitation's id.")]

router = APIRouter(tags=["Workspaces"])


@router.post("/team/invite", summary="Invite people to a team", status_code=201)
async def invite(user: Manager, new: NewInvitation | NewInvitations) -> Invitation | InvitationResults:
    """Invites one person, or up to 50 at once, to the team that `OneAI-Workspace` names, as an owner or admin. Each
    gets a mail, and can accept within seven days with the invited address. An invitation to every role but `viewer`
    takes a seat until it ends. To invite an owner you must have signed in within the last hour, else 403
    `recent_sign_in_required`."""
    invited = new.invitations if isinstance(new, NewInvitations) else [new]
    if any(each.role == "owner" for each in invited):
        require_recent_sign_in(user)
    if isinstance(new, NewInvitations):
        return await workspaces.invite_all(user, new)
    return await workspaces.invite(user, new)


@router.get("/team/invitations", summary="List invitations")
async def list_invitations(user: Manager, limit: Limit = 50, cursor: Cursor = None) -> InvitationPage:
    """Lists the team's invitations, for owners and admins. Those that ended are listed for 30 days."""
    return await workspaces.list_invitations(user, limit, cursor)


@router.get("/team/invitations/{id}", summary="Get an invitation")
async def get_invitation(user: Manager, id: InvitationId) -> Invitation:
    """Returns one invitation of the team."""
    return await workspaces.get_invitation(user, id)


@router.delete("/team/invitations/{id}", summary="Revoke an invitation", status_code=204)
async def revoke_invitation(user: Manager, id: InvitationId) -> None:
    """Revokes an invitation. Its link no longer works, and its seat is free."""
    await workspaces.revoke_invitation(user, id)


@router.post("/team/invitations/{id}/resend", summary="Send an invitation again")
async def resend_invitation(user: Manager, id: InvitationId) -> Invitation:
    """Sends another mail, whose link replaces the one before, for another seven days."""
    return await workspaces.resend_invitation(user, id)


@router.post("/invitations/lookup", summary="Look up an invitation", dependencies=[GUESSABLE])
async def look_up_invitation(sent: InvitationToken) -> InvitationPreview:
    """Returns what an invitation offers, to those who have its token; it needs no sign-in and accepts nothing."""
    return await workspaces.look_up(sent.token)


@router.post("/invitations/accept", summary="Accept an invitation")
async def accept_invitation(user: PersonalUser, sent: InvitationToken) -> AcceptedInvitation:
    """Makes you a member of the team. Your confirmed email address must be the invited one."""
    return await workspaces.accept(user, sent.token)
