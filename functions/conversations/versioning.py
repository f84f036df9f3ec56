"""The routes about a message's versions: all of them, the one that is seen, one written by hand."""

from uuid import UUID

from fastapi import APIRouter

from oneai import conversations
from oneai.conversations import Correction, Message, RevisionList
from oneai.web import CurrentUser, Cursor

router = APIRouter()


@router.get("/conversations/{id}/messages/{mid}/revisions")
async def list_revisions(user: CurrentUser, id: UUID, mid: UUID, cursor: Cursor = None) -> RevisionList:
    """The message and its siblings by their number, with what each has cost."""
    return await conversations.revisions(user, id, mid, cursor)


@router.post("/conversations/{id}/messages/{mid}/activation")
async def activate_revision(user: CurrentUser, id: UUID, mid: UUID) -> Message:
    """Makes this version the visible one, and brings back the branch that hung on it."""
    return await conversations.activate(user, id, mid)


@router.patch("/conversations/{id}/messages/{mid}")
async def correct_answer(user: CurrentUser, id: UUID, mid: UUID, correction: Correction) -> Message:
    """Puts an answer's text right by hand: a new version, which is the visible one from now on."""
    return await conversations.correct(user, id, mid, correction.content)
