"""Routes for users: search, list, show, and admins' actions on accounts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from staff import STAFF, Admin

from oneai.admin import account_state, user, users
from oneai.admin.account_state import NewRole, SignedOut, UserDeletion, UserDeletionAccepted
from oneai.admin.act import Actor, ActReason
from oneai.admin.tier_fields import AnyTier
from oneai.admin.user import UserDetail
from oneai.admin.users import AccountStatus, UserFilter, UserPage
from oneai.http.fastapi_app import Cursor, Limit

router = APIRouter(tags=["Admin"])

UserId = Annotated[UUID, Path(description="The user's id.")]
Text = Annotated[
    str | None,
    Query(max_length=320, description="The start of an email address or of a word of a name, or a user's id."),
]


@router.get("/admin/users", dependencies=[STAFF], summary="List users")
async def list_users(
    q: Text = None,
    tier: Annotated[AnyTier | None, Query(description="Only users with this plan.")] = None,
    status: Annotated[AccountStatus | None, Query(description="Only accounts in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> UserPage:
    """Lists users, newest first, or the users that a search finds."""
    return await users.list_users(q, UserFilter(tier, status), cursor, limit)


@router.get("/admin/users/{id}", dependencies=[STAFF], summary="Get a user")
async def get_user(id: UserId) -> UserDetail:
    """Returns profile, subscription, quotas with windows, holds and overrides, usage, keys, sessions, refusals and
    audit."""
    return await user.find_user(id)


@router.post("/admin/users/{id}/suspend", summary="Suspend a user", status_code=204)
async def suspend_user(admin: Admin, id: UserId, body: ActReason) -> None:
    """Refuses the user's requests immediately. Subscriptions continue to be charged until they are cancelled."""
    await account_state.suspend(Actor.admin(admin.user_id), id, body.reason)


@router.post("/admin/users/{id}/unsuspend", summary="End a suspension", status_code=204)
async def unsuspend_user(admin: Admin, id: UserId, body: ActReason) -> None:
    """Ends the suspension."""
    await account_state.unsuspend(Actor.admin(admin.user_id), id, body.reason)


@router.post("/admin/users/{id}/sign-out", summary="Sign a user out")
async def sign_out_user(admin: Admin, id: UserId, body: ActReason) -> SignedOut:
    """Ends all sessions of the user immediately, including access tokens. API keys remain valid."""
    return await account_state.sign_out(Actor.admin(admin.user_id), id, body.reason)


@router.delete("/admin/users/{id}", summary="Delete a user", status_code=202)
async def delete_user(admin: Admin, id: UserId, body: UserDeletion) -> UserDeletionAccepted:
    """Closes the account as its owner's request would, and erases it after the grace period, or in the next nightly
    run. 409 `last_admin` if no admin would be left."""
    return await account_state.delete(Actor.admin(admin.user_id), id, body)


@router.put("/admin/users/{id}/role", summary="Change a user's role", status_code=204)
async def change_role(admin: Admin, id: UserId, body: NewRole) -> None:
    """Changes the role from the user's next request on. 409 `last_admin` if no admin would be left."""
    await account_state.set_role(Actor.admin(admin.user_id), id, body.role, body.reason)
