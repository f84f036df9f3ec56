"""Routes for the user's profile."""

from fastapi import APIRouter

from oneai.accounts import profile
from oneai.accounts.me import Me, get_me
from oneai.accounts.profile import Profile, ProfileChanges
from oneai.http.fastapi_app import CurrentUser, UserOrDeleting

router = APIRouter(tags=["Account"])


@router.get("/me", summary="Get all that a page needs at its start", operation_id="get_me")
async def me(user: UserOrDeleting) -> Me:
    """Returns your profile, preferences, subscription, quotas and permissions."""
    return await get_me(user)


@router.get("/user/profile", summary="Get the profile")
async def get_profile(user: CurrentUser) -> Profile:
    """Returns your name, picture and e-mail address."""
    return await profile.get_profile(user)


@router.patch("/user/profile", summary="Update the profile")
async def change_profile(user: CurrentUser, changes: ProfileChanges) -> Profile:
    """Sets your name or picture; absent fields remain unchanged. The e-mail address is changed at Supabase Auth."""
    return await profile.update_profile(user, changes)
