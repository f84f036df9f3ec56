"""Routes for a user's preferences."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from oneai import accounts
from oneai.accounts import PreferenceChanges, Preferences, member_notifications
from oneai.accounts.member_notifications import (
    WorkspaceNotificationChanges,
    WorkspaceNotifications,
    WorkspaceNotificationsList,
)
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


@router.get("/user/preferences/workspaces", summary="List emails about workspaces")
async def list_member_notifications(user: PersonalUser) -> WorkspaceNotificationsList:
    """Returns which emails you get about each team, and about your own chatbots."""
    return await member_notifications.list_member_notifications(user)


@router.patch("/user/preferences/workspaces/{id}", summary="Choose emails about a workspace")
async def change_member_notifications(
    user: PersonalUser,
    id: Annotated[UUID, Path(description="The workspace's id.")],
    changes: WorkspaceNotificationChanges,
) -> WorkspaceNotifications:
    """Turns kinds of email about a workspace on or off, for you alone; absent fields remain unchanged."""
    return await member_notifications.update_member_notifications(user, id, changes)
