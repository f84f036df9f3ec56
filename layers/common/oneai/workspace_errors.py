"""The errors of workspaces: who may do what in them, their members, invitations and names."""

from typing import Any

from oneai.errors import OneAIError


class WorkspaceNotFound(OneAIError):
    """The same error for a workspace that does not exist, one of others, and one that is being deleted, except for its
    owners."""

    status, code, sentence = 404, "workspace_not_found", "This workspace was not found."


class RoleInsufficient(OneAIError):
    """Extra: required_role, the lowest role that may do this."""

    status, code, sentence = 403, "role_insufficient", "Your role in this workspace does not allow this."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        if message is None and "required_role" in extra:
            message = f"{self.sentence} It needs the role {extra['required_role']}."
        super().__init__(message, retry_after=retry_after, **extra)


class WorkspaceSuspended(OneAIError):
    status, code, sentence = 403, "workspace_suspended", "This workspace is suspended. Please contact support."


class WorkspaceDeleting(OneAIError):
    """Extra: deletes_at, the time until which its owners can restore it."""

    status, code = 403, "workspace_deleting"
    sentence = "This workspace is being deleted. Its owners can restore it until then."


class RecentSignInRequired(OneAIError):
    """Extra: within_minutes, for how long a sign-in is recent."""

    status, code = 403, "recent_sign_in_required"
    sentence = "Please sign in again first. This needs a recent sign-in."


class SecondFactorMissing(OneAIError):
    """Extra: enrol_at, the page on which a member turns two-step verification on."""

    status, code = 403, "second_factor_missing"
    sentence = "This workspace requires two-step verification. Turn it on in your profile first."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        super().__init__(message, retry_after=retry_after, **{"enrol_at": "/settings/profile", **extra})


class LastOwner(OneAIError):
    """Extra: workspaces, the teams as `{id, name, slug}`, if the user's account is to be deleted."""

    status, code = 409, "last_owner"
    sentence = "The workspace would have no owner left. Make another member its owner first."


class NoSeatLeft(OneAIError):
    status, code, sentence = 409, "no_seat_left", "All seats of this workspace are taken."


class NameTaken(OneAIError):
    status, code, sentence = 409, "name_taken", "You already have a workspace with this name."


class PersonalWorkspace(OneAIError):
    status, code, sentence = 409, "personal_workspace", "Your personal workspace has no team. Create a team first."


class InvitationEnded(OneAIError):
    """The same error for an invitation that never existed, has expired, was revoked or was used."""

    status, code, sentence = 410, "invitation_ended", "This invitation is no longer valid. Please ask for another one."


class InvitationForAnotherAddress(OneAIError):
    status, code = 403, "invitation_for_another_address"
    sentence = "This invitation is for another email address."
