"""Routes for a user's preferences."""

from fastapi import APIRouter

from oneai import accounts
from oneai.accounts import PreferenceChanges, Preferences
from oneai.http.fastapi_app import PersonalUser

router = APIRouter(tags=["Account"])


@router.get("/user/preferences", summary="Get preferences")
async def get_preferences(user: PersonalUser) -> Preferences:
    """Returns your email settings, language, theme, default model, and instructions for models."""
    return await accounts.get_preferences(user)


@router.patch("/user/preferences", summary="Update preferences")
async def change_preferences(user: PersonalUser, changes: PreferenceChanges) -> Preferences:
    """Changes the given preferences; absent fields remain unchanged."""
    return await accounts.update_preferences(user, changes)
