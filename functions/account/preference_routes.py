"""Routes for a user's preferences."""

from fastapi import APIRouter

from oneai import accounts
from oneai.accounts import PreferenceChanges, Preferences
from oneai.http.fastapi_app import CurrentUser

router = APIRouter(tags=["Account"])


@router.get("/user/preferences", summary="Get preferences")
async def get_preferences(user: CurrentUser) -> Preferences:
    """What you are mailed about, your language and theme, your default model, and what models are told of you."""
    return await accounts.get_preferences(user)


@router.patch("/user/preferences", summary="Update preferences")
async def change_preferences(user: CurrentUser, changes: PreferenceChanges) -> Preferences:
    """Change some of it; what you do not name stays."""
    return await accounts.update_preferences(user, changes)
