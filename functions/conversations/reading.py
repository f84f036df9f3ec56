"""The routes about what was said: the visible branch of a conversation."""

from uuid import UUID

from fastapi import APIRouter

from oneai import conversations
from oneai.conversations import MessagePage
from oneai.web import CurrentUser, Cursor, Limit

router = APIRouter()


@router.get("/conversations/{id}/messages")
async def list_messages(user: CurrentUser, id: UUID, cursor: Cursor = None, limit: Limit = 50) -> MessagePage:
    """The visible branch: the newest page, ascending; the cursor leads to older ones."""
    return await conversations.page(user, id, cursor, limit)
