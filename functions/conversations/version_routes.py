"""Routes for a message's revisions: list, show one, correct by hand."""

from fastapi import APIRouter

from oneai import conversations
from oneai.conversations import Correction, Message, RevisionList
from oneai.http.fastapi_app import ConversationId, ConversationReader, ConversationWriter, Cursor, MessageId

router = APIRouter(tags=["Messages"])


@router.get("/conversations/{id}/messages/{mid}/revisions", summary="List the versions of a message")
async def list_revisions(
    user: ConversationReader, id: ConversationId, mid: MessageId, cursor: Cursor = None
) -> RevisionList:
    """The message and its siblings by their number, with what each has cost."""
    return await conversations.list_revisions(user, id, mid, cursor)


@router.post("/conversations/{id}/messages/{mid}/activation", summary="Show another version of a message")
async def activate_revision(user: ConversationWriter, id: ConversationId, mid: MessageId) -> Message:
    """Makes this version the visible one, and brings back the branch that hung on it."""
    return await conversations.activate_revision(user, id, mid)


@router.patch("/conversations/{id}/messages/{mid}", summary="Correct an answer by hand")
async def correct_answer(
    user: ConversationWriter, id: ConversationId, mid: MessageId, correction: Correction
) -> Message:
    """Puts an answer's text right by hand: a new version, which is the visible one from now on."""
    return await conversations.correct_answer(user, id, mid, correction.content)
