"""The routes about conversations as a whole: their list, and what one does with them."""

from fastapi import APIRouter

from oneai import conversations
from oneai.conversations import ConversationPage
from oneai.web import CurrentUser, Cursor, Limit

router = APIRouter()


@router.get("/conversations")
async def list_conversations(user: CurrentUser, cursor: Cursor = None, limit: Limit = 50) -> ConversationPage:
    """Your conversations, the one last written in first."""
    return await conversations.newest(user, cursor, limit)
