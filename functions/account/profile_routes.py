"""Routes for the user's profile."""

from fastapi import APIRouter

from oneai.accounts import picture, profile
from oneai.accounts.me import Me, get_me
from oneai.accounts.picture import NewPicture, Picture
from oneai.accounts.profile import Profile, ProfileChanges
from oneai.http.fastapi_app import PersonalUser, UserOrDeleting

router = APIRouter(tags=["Account"])


@router.get("/me", summary="Get all that a page needs at its start", operation_id="get_me")
async def me(user: UserOrDeleting) -> Me:
    """Returns your profile, preferences, subscription, quotas, permissions and workspaces."""
    return await get_me(user)


@router.get("/user/profile", summary="Get the profile")
async def get_profile(user: PersonalUser) -> Profile:
    """Returns your name and email address, and whether you have a picture."""
    return await profile.get_profile(user)


@router.patch("/user/profile", summary="Update the profile")
async def change_profile(user: PersonalUser, changes: ProfileChanges) -> Profile:
    """Sets your name; an absent field remains unchanged. The email address is changed at Supabase Auth."""
    return await profile.update_profile(user, changes)


@router.get("/user/picture", summary="Get the profile picture")
async def get_picture(user: PersonalUser) -> Picture:
    """Returns your picture. Your profile's `picture_updated_at` shows whether it has changed."""
    return await picture.get_picture(user)


@router.put("/user/picture", summary="Set the profile picture")
async def set_picture(user: PersonalUser, new: NewPicture) -> Picture:
    """Stores a picture in place of an earlier one. Returns it without the metadata of the file that was sent."""
    return await picture.set_picture(user, new)


@router.delete("/user/picture", summary="Remove the profile picture", status_code=204)
async def remove_picture(user: PersonalUser) -> None:
    """Removes your picture."""
    await picture.remove_picture(user)
