"""Routes for a message's revisions and thoughts: list, show one, correct by hand."""

from fastapi import APIRouter

from oneai import conversations
from oneai.conversations import Correction, Message, RevisionList, StoredThoughts
from oneai.http.fastapi_app import ConversationId, ConversationReader, ConversationWriter, Cursor, MessageId

router = APIRouter(tags=["Messages"])


@router.get("/conversations/{id}/messages/{mid}/revisions", summary="List the versions of a message")
async def list_revisions(
    user: ConversationReader, id: ConversationId, mid: MessageId, cursor: Cursor = None
) -> RevisionList:
    """Lists the message and its siblings by number, with the cost of each."""
    return await conversations.list_revisions(user, id, mid, cursor)


@router.get("/conversations/{id}/messages/{mid}/reasoning", summary="Read the thoughts of an answer")
async def get_reasoning(user: ConversationReader, id: ConversationId, mid: MessageId) -> StoredThoughts:
    """Returns what the model thought, as far as it is stored: up to 200,000 characters."""
    return await conversations.get_reasoning(user, id, mid)


@router.post("/conversations/{id}/messages/{mid}/activation", summary="Show another version of a message")
async def activate_revision(user: ConversationWriter, id: ConversationId, mid: MessageId) -> Message:
    """Makes this version the visible one, and restores its branch."""
    return await conversations.activate_revision(user, id, mid)


@router.patch("/conversations/{id}/messages/{mid}", summary="Correct an answer by hand")
async def correct_answer(
    user: ConversationWriter, id: ConversationId, mid: MessageId, correction: Correction
) -> Message:
    """Corrects an answer's text by hand: creates a new version, which becomes the visible one."""
    return await conversations.correct_answer(user, id, mid, correction.content)
