"""Invitations to a team: made, listed, resent, revoked."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import cursors
from oneai.errors import BY_CODE, InternalError, InvalidRequest, NotFound, OneAIError
from oneai.field_errors import InvalidValue, invalid
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.postgres.refusal_sentences import with_sentences
from oneai.workspaces.fields import Address, WorkspaceRole, fold_address

INVITATION_DAYS = 7
MAX_INVITATIONS_AT_ONCE = 50

type InvitationState = Literal["open", "accepted", "revoked", "expired"]


class NewInvitation(BaseModel):
    """One person to invite; the body of `POST /api/team/invite`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    email: Address = Field(description="Their email address, which they have to confirm.")
    role: WorkspaceRole = Field(description="What they may do in the team; at most your own role.")


class InvitedAddress(BaseModel):
    """One of several people to invite. An invalid address is refused alone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    email: Annotated[str, Field(max_length=320)] = Field(description="Their email address.")
    role: WorkspaceRole = Field(description="What they may do in the team; at most your own role.")


class NewInvitations(BaseModel):
    """Several people to invite; the body of `POST /api/team/invite`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    invitations: Annotated[list[InvitedAddress], Field(min_length=1, max_length=MAX_INVITATIONS_AT_ONCE)] = Field(
        description="The people; one that is refused does not stop the others."
    )


class Invitation(BaseModel):
    """An invitation to a team. Its token is only in the mail."""

    id: UUID = Field(description="Its id.")
    email: str = Field(description="The invited address.")
    role: WorkspaceRole = Field(description="What the invited person may do in the team.")
    state: InvitationState = Field(description="`open` until it is accepted or revoked, or expires.")
    inviter: str | None = Field(description="Who invites, by name or address.")
    created_at: datetime = Field(description="When it was made.")
    expires_at: datetime = Field(description="When it expires: seven days after the newest mail.")


class InvitationRefusal(BaseModel):
    """Why one of several people was not invited."""

    code: str = Field(description="The code, as of a refused request.")
    message: str = Field(description="A sentence for the user; it may change.")


class InvitationResult(BaseModel):
    """What became of one of several invitations: `id`, or `error`."""

    email: str = Field(description="The address as it was sent, or as it is stored if it was invited.")
    id: UUID | None = Field(default=None, description="The invitation's id.")
    error: InvitationRefusal | None = Field(default=None, description="Why it was refused.")


class InvitationResults(BaseModel):
    """What became of several invitations."""

    items: list[InvitationResult] = Field(description="The results, in the order of the request.")


class InvitationPage(BaseModel):
    """A page of invitations."""

    items: list[Invitation] = Field(description="The invitations, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def invite(principal: Principal, new: NewInvitation) -> Invitation:
    """Invites one person to the request's team, by mail. An open invitation of the same address ends.

    Raises InvalidRequest for the address of a member, RoleInsufficient, NoSeatLeft, RateLimited for too many mails,
    PersonalWorkspace, WorkspaceNotFound.
    """
    (made,) = await db.call(
        "select oneai.invite_one(%s, %s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, new.email, new.role, INVITATION_DAYS],
    )
    return Invitation.model_validate(made)


async def invite_all(principal: Principal, new: NewInvitations) -> InvitationResults:
    """Invites several people; the results are in the order of the request. Raises PersonalWorkspace, WorkspaceNotFound,
    and RoleInsufficient for members and viewers."""
    results: list[InvitationResult | None] = []
    asked: list[dict[str, Any]] = []
    for each in new.invitations:
        try:
            address = fold_address(each.email)
        except InvalidValue as problem:
            results.append(_refused(each.email, invalid("email", problem.code, str(problem))))
            continue
        if any(other["email"] == address for other in asked):
            results.append(_refused(each.email, invalid("email", "repeated", "This address is in the list twice.")))
            continue
        asked.append({"email": address, "role": each.role})
        results.append(None)
    # Also for an empty list, so that the requester is refused first.
    (made,) = await db.call(
        "select oneai.invite_all(%s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, json.dumps(asked), INVITATION_DAYS],
    )
    outcomes = (_result(one, outcome) for one, outcome in zip(asked, made or [], strict=True))
    return InvitationResults(items=[each if each is not None else next(outcomes) for each in results])


async def list_invitations(principal: Principal, limit: int, cursor: str | None) -> InvitationPage:
    """The invitations of the request's team, newest first. Raises RoleInsufficient, PersonalWorkspace,
    WorkspaceNotFound, InvalidRequest for an invalid cursor."""
    created, before = (None, None) if cursor is None else cursors.decode(cursor, str, str)
    rows = await _select(
        principal,
        None,
        created and cursors.parse_time(created),
        before and cursors.parse(UUID, before),
        limit + 1,
    )
    items = rows[:limit]
    return InvitationPage(
        items=items,
        next_cursor=cursors.encode(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None,
    )


async def get_invitation(principal: Principal, invitation_id: UUID) -> Invitation:
    """One invitation of the request's team. Raises NotFound, RoleInsufficient, PersonalWorkspace, WorkspaceNotFound."""
    rows = await _select(principal, invitation_id, None, None, 1)
    if not rows:
        raise NotFound
    return rows[0]


async def resend_invitation(principal: Principal, invitation_id: UUID) -> Invitation:
    """Sends another mail, whose link replaces the one before, for another seven days. Raises NotFound, InvitationEnded
    for one that was accepted or revoked, RoleInsufficient, NoSeatLeft, RateLimited, PersonalWorkspace,
    WorkspaceNotFound."""
    (resent,) = await db.call(
        "select oneai.resend_invitation(%s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, invitation_id, INVITATION_DAYS],
    )
    return Invitation.model_validate(resent)


async def revoke_invitation(principal: Principal, invitation_id: UUID) -> None:
    """Revokes an invitation, which frees its seat. Raises NotFound, RoleInsufficient, PersonalWorkspace,
    WorkspaceNotFound."""
    await db.call(
        "select oneai.revoke_invitation(%s, %s, %s)", [principal.user_id, principal.workspace_id, invitation_id]
    )


async def _select(
    principal: Principal, only: UUID | None, created: datetime | str | None, before: UUID | str | None, limit: int
) -> list[Invitation]:
    (rows,) = await db.call(
        "select coalesce(jsonb_agg(i), '[]') from oneai.list_invitations(%s, %s, %s, %s, %s, %s) as i",
        [principal.user_id, principal.workspace_id, only, created, before, limit],
    )
    return [Invitation.model_validate(row) for row in rows]


def _result(asked: dict[str, Any], outcome: dict[str, Any]) -> InvitationResult:
    if "invitation" in outcome:
        return InvitationResult(email=asked["email"], id=outcome["invitation"]["id"])
    detail = with_sentences(dict(outcome["detail"]))
    detail.pop("retry_after", None)
    return _refused(asked["email"], BY_CODE.get(outcome["code"], InternalError)(**detail))


def _refused(email: str, error: OneAIError | InvalidRequest) -> InvitationResult:
    return InvitationResult(email=email, error=InvitationRefusal(code=error.code, message=error.message))
