"""Actions of admins and operators on accounts: suspend, unsuspend, sign out, delete, and change the role."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import settings
from oneai.accounts.deletion import DeletionSettings
from oneai.accounts.permissions import Role
from oneai.admin.act import Actor, ActReason, act
from oneai.clients import supabase_admin
from oneai.errors import InvalidRequest, NotFound
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.text import clean_code


class UserDeletion(ActReason):
    """The body of `DELETE /api/admin/users/{id}`."""

    confirm: str = Field(max_length=320, description="The user's email address, or the id of a user without one.")
    immediately: bool = Field(
        default=False, description="Skips the grace period: the next nightly run erases the account."
    )


class UserDeletionAccepted(BaseModel):
    """An accepted deletion."""

    deletes_at: datetime = Field(description="When the account is erased; until then its owner can restore it.")


class NewRole(ActReason):
    """The body of `PUT /api/admin/users/{id}/role`."""

    role: Role = Field(description="`admin`, `support` (read-only), or `user`.")


class SignedOut(BaseModel):
    """How many sessions were ended."""

    sessions: int = Field(description="The number of sessions that were ended.")


@dataclass
class _Account:
    email: str | None


async def suspend(actor: Actor, user_id: UUID, reason: str) -> bool:
    """Suspends a user. Every request is refused immediately, except those about the user's money and data. Returns
    False if the user is already suspended; the first reason remains. Subscriptions continue to be charged until
    cancelled.

    Raises NotFound for an unknown user, InvalidRequest for admins who suspend themselves, and LastAdmin.
    """
    if actor.user_id == user_id:
        raise InvalidRequest("You cannot suspend yourself.")
    async with act(actor, reason) as running:
        (changed,) = await running.call("select oneai.suspend_user(%s, %s, %s)", [actor.user_id, user_id, reason])
        if changed:
            await running.record("account.suspend", user_id=user_id)
    return bool(changed)


async def unsuspend(actor: Actor, user_id: UUID, reason: str) -> bool:
    """Ends a suspension. Returns False if the user is not suspended. Raises NotFound for an unknown user."""
    async with act(actor, reason) as running:
        (changed,) = await running.call("select oneai.unsuspend_user(%s, %s, %s)", [actor.user_id, user_id, reason])
        if changed:
            await running.record("account.unsuspend", user_id=user_id)
    return bool(changed)


async def sign_out(actor: Actor, user_id: UUID, reason: str) -> SignedOut:
    """Ends all sessions of a user immediately. Raises NotFound for an unknown user."""
    async with act(actor, reason) as running:
        if await running.call("select 1 from oneai.users where id = %s", [user_id]) is None:
            raise NotFound
        (sessions,) = await running.call("select oneai.end_all_sessions(%s)", [user_id])
        await running.record("session.revoke", user_id=user_id, all=True, sessions=sessions)
    return SignedOut(sessions=sessions)


async def remove_second_factors(actor: Actor, user_id: UUID, reason: str) -> int:
    """Removes all second factors of a user who cannot use them, and ends all their sessions. Returns the number of
    factors; with none, nothing changes. A repeated call after an error removes the rest.

    Raises NotFound for an unknown user, SecretKeyRefused, and Busy if Supabase does not answer.
    """
    async with act(actor, reason) as running:
        if await running.call("select 1 from oneai.users where id = %s", [user_id]) is None:
            raise NotFound
        factors = await supabase_admin.list_factors(user_id)
        if factors:
            await running.call("select oneai.end_all_sessions(%s)", [user_id])
            await running.record("second_factor.remove", user_id=user_id, factors=len(factors))
        for factor_id in factors:
            await supabase_admin.remove_factor(user_id, factor_id)
    return len(factors)


async def delete(actor: Actor, user_id: UUID, deletion: UserDeletion) -> UserDeletionAccepted:
    """Closes an account and erases it after the grace period, as the owner's own request would.

    Raises NotFound for an unknown user, InvalidRequest if `confirm` does not match or the user is this admin, and
    LastAdmin.
    """
    if actor.user_id == user_id:
        raise InvalidRequest("You cannot delete your own account here. Use its settings.")
    accounts = await db.as_admin("select email from oneai.users where id = %s", [user_id], _Account)
    if not accounts:
        raise NotFound
    expected = accounts[0].email or str(user_id)
    if clean_code(deletion.confirm).casefold() != expected.casefold():
        raise invalid("confirm", "mismatch", "To delete this account, confirm with its email address.")
    grace_days = 0 if deletion.immediately else settings.read(DeletionSettings).deletion_grace_days
    async with act(actor, deletion.reason) as running:
        (deletes_at,) = await running.call("select oneai.close_for_deletion(%s, %s)", [user_id, grace_days])
        await running.record("account.delete", user_id=user_id, deletes_at=deletes_at)
    return UserDeletionAccepted(deletes_at=deletes_at)


async def set_role(actor: Actor, user_id: UUID, role: Role, reason: str | None) -> Role:
    """Sets a user's role, effective with the next request. Returns the previous role. Raises NotFound and LastAdmin."""
    async with act(actor, reason) as running:
        (before,) = await running.call("select oneai.set_staff_role(%s, %s)", [user_id, role])
        if before != role:
            await running.record("role.change", user_id=user_id, before=before, role=role)
    return cast("Role", before)
