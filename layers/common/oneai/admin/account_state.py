"""What admins and operators do to accounts: suspend them, end that, sign them out, delete them, change their role."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import settings
from oneai.accounts.deletion import DeletionSettings
from oneai.accounts.permissions import Role
from oneai.admin.act import Actor, ActReason, act
from oneai.errors import InvalidRequest, NotFound
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.text import clean_code


class UserDeletion(ActReason):
    """The body of `DELETE /api/admin/users/{id}`."""

    confirm: str = Field(max_length=320, description="The user's e-mail address, or their id where they have none.")
    immediately: bool = Field(default=False, description="Without days of grace: erased by the next nightly run.")


class UserDeletionAccepted(BaseModel):
    """A deletion that was requested."""

    deletes_at: datetime = Field(description="When the account is erased; until then its owner can restore it.")


class NewRole(ActReason):
    """The body of `PUT /api/admin/users/{id}/role`."""

    role: Role = Field(description="`admin`, `support`, who reads and changes nothing, or `user`.")


class SignedOut(BaseModel):
    """Sessions that were ended."""

    sessions: int = Field(description="How many there were.")


@dataclass
class _Account:
    email: str | None


async def suspend(actor: Actor, user_id: UUID, reason: str) -> bool:
    """Suspends a user; they are refused everywhere at once, but for what concerns their money and their data. False
    where they were suspended already, whose reason stays. It ends no subscription: charges go on until it is cancelled.

    Raises NotFound for an unknown user, InvalidRequest for an admin who would suspend themselves, and LastAdmin.
    """
    if actor.user_id == user_id:
        raise InvalidRequest("You cannot suspend yourself.")
    async with act(actor, reason) as running:
        (changed,) = await running.call("select oneai.suspend_user(%s, %s, %s)", [actor.user_id, user_id, reason])
        if changed:
            await running.record("account.suspend", user_id=user_id)
    return bool(changed)


async def unsuspend(actor: Actor, user_id: UUID, reason: str) -> bool:
    """Ends a suspension. False where the user was not suspended. Raises NotFound for an unknown user."""
    async with act(actor, reason) as running:
        (changed,) = await running.call("select oneai.unsuspend_user(%s, %s, %s)", [actor.user_id, user_id, reason])
        if changed:
            await running.record("account.unsuspend", user_id=user_id)
    return bool(changed)


async def sign_out(actor: Actor, user_id: UUID, reason: str) -> SignedOut:
    """Ends all sessions of a user, at once. Raises NotFound for an unknown user."""
    async with act(actor, reason) as running:
        if await running.call("select 1 from oneai.users where id = %s", [user_id]) is None:
            raise NotFound
        (sessions,) = await running.call("select oneai.end_all_sessions(%s)", [user_id])
        await running.record("session.revoke", user_id=user_id, all=True, sessions=sessions)
    return SignedOut(sessions=sessions)


async def delete(actor: Actor, user_id: UUID, deletion: UserDeletion) -> UserDeletionAccepted:
    """Closes an account, and erases it after the days of grace, as its owner's request would.

    Raises NotFound for an unknown user, InvalidRequest where `confirm` is another's or the user is this
    admin, and LastAdmin.
    """
    if actor.user_id == user_id:
        raise InvalidRequest("You cannot delete yourself here: your own account is deleted in its settings.")
    accounts = await db.as_admin("select email from oneai.users where id = %s", [user_id], _Account)
    if not accounts:
        raise NotFound
    expected = accounts[0].email or str(user_id)
    if clean_code(deletion.confirm).casefold() != expected.casefold():
        raise invalid("confirm", "mismatch", "To delete this account, confirm with its e-mail address.")
    grace_days = 0 if deletion.immediately else settings.read(DeletionSettings).deletion_grace_days
    async with act(actor, deletion.reason) as running:
        (deletes_at,) = await running.call("select oneai.close_for_deletion(%s, %s)", [user_id, grace_days])
        await running.record("account.delete", user_id=user_id, deletes_at=deletes_at)
    return UserDeletionAccepted(deletes_at=deletes_at)


async def set_role(actor: Actor, user_id: UUID, role: Role, reason: str | None) -> Role:
    """Gives a user a role, from their next request on; the one before. Raises NotFound and LastAdmin."""
    async with act(actor, reason) as running:
        (before,) = await running.call("select oneai.set_staff_role(%s, %s)", [user_id, role])
        if before != role:
            await running.record("role.change", user_id=user_id, before=before, role=role)
    return cast("Role", before)
