"""The routes about what was said: the visible branch of a conversation, and what one thinks of an answer."""

from uuid import UUID

from fastapi import APIRouter

from oneai import conversations
from oneai.conversations import Direction, Feedback, MessagePage
from oneai.web import CurrentUser, Cursor, Limit

router = APIRouter()


@router.get("/conversations/{id}/messages")
async def list_messages(
    user: CurrentUser, id: UUID, cursor: Cursor = None, limit: Limit = 50, direction: Direction = "older"
) -> MessagePage:
    """The visible branch, ascending: the newest page and older ones, or from the beginning the other way."""
    return await conversations.page(user, id, cursor, limit, direction)


@router.put("/conversations/{id}/messages/{mid}/feedback")
async def rate_answer(user: CurrentUser, id: UUID, mid: UUID, feedback: Feedback) -> Feedback:
    """Thumbs up or down on an answer, in place of what you thought before."""
    return await conversations.rate(user, id, mid, feedback)
