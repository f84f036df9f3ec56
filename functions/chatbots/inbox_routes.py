"""Routes for the inbox: visitors' conversations of all chatbots of a workspace, as its team reads and changes them."""

from typing import Annotated, Any
from uuid import UUID

from chatbot_conversation_routes import Reader
from fastapi import APIRouter, Path, Query, Response

from oneai.chatbots.conversations import ChatbotConversationDetail, InboxNote
from oneai.http.fastapi_app import ConversationId, CurrentUser
from oneai.inbox import bulk, conversation, listing, overview, transcript
from oneai.inbox.bulk import InboxBulk, InboxBulkResult
from oneai.inbox.conversation import InboxConversationChanges, InboxConversationState, NewNote
from oneai.inbox.filters import InboxFilter, InboxPeriod
from oneai.inbox.listing import InboxPage
from oneai.inbox.overview import InboxStats, InboxTagList

NoteId = Annotated[UUID, Path(description="The note's id.")]

router = APIRouter(tags=["Inbox"])

_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": dict.fromkeys(("text/csv", "text/markdown", "text/html", "application/pdf"), _TEXT),
    }
}


@router.get("/inbox/conversations", summary="List the inbox")
async def list_inbox(user: Reader, asked: Annotated[InboxFilter, Query()]) -> InboxPage:
    """Lists the conversations of visitors with all chatbots of the workspace, and counts those of each view."""
    return await listing.list_inbox(user, asked)


@router.get("/inbox/conversations/stats", summary="Show the figures of the inbox")
async def show_inbox_stats(user: Reader, asked: Annotated[InboxPeriod, Query()]) -> InboxStats:
    """Returns how many conversations there are, by who speaks, and how visitors scored them."""
    return await overview.stats(user, asked)


@router.post(
    "/inbox/conversations/bulk",
    summary="Change many conversations of the inbox",
    response_model_exclude_none=True,
)
async def change_many(user: CurrentUser, asked: InboxBulk) -> InboxBulkResult:
    """Applies one action to the named conversations, or to those that a filter finds, in batches. What has the result
    already is left out, so a request that was interrupted can be sent again. `export` changes nothing: a job writes a
    zip file, and `GET /exports/{id}` has its progress and a link."""
    return await bulk.bulk(user, asked)


@router.get("/inbox/conversations/{id}/export", summary="Export a conversation of the inbox", responses=_FILES)
async def export_inbox_conversation(
    user: Reader,
    id: ConversationId,
    format: Annotated[transcript.Format, Query(description="The kind of file.")] = "json",
) -> Response:
    """Returns a visitor's conversation as a file with its messages, and without the team's notes. A PDF says which
    letters it cannot show, and where a very long conversation ends in it."""
    file = transcript.render(await conversation.read(user, id), format)
    headers = {"content-disposition": f'attachment; filename="conversation.{file.extension}"'}
    return Response(file.text, 200, headers, file.media_type)


@router.get("/inbox/tags", summary="List the tags of the inbox")
async def list_inbox_tags(user: Reader) -> InboxTagList:
    """Lists the tags in use. A tag exists as long as a conversation has it."""
    return await overview.tags(user)


@router.get("/inbox/conversations/{id}", summary="Read a conversation of the inbox")
async def read_inbox_conversation(user: Reader, id: ConversationId) -> ChatbotConversationDetail:
    """Returns a visitor's conversation with its messages, its visitor and the team's notes."""
    return await conversation.read(user, id)


@router.patch("/inbox/conversations/{id}", summary="Change a conversation of the inbox")
async def change_inbox_conversation(
    user: CurrentUser, id: ConversationId, changes: InboxConversationChanges
) -> ChatbotConversationDetail:
    """Changes the given fields."""
    return await conversation.change(user, id, changes)


@router.put("/inbox/conversations/{id}", summary="Replace what members set in a conversation")
async def replace_inbox_conversation(
    user: CurrentUser, id: ConversationId, state: InboxConversationState
) -> ChatbotConversationDetail:
    """Sets all fields that members set; notes are not among them."""
    return await conversation.change(user, id, state)


@router.delete("/inbox/conversations/{id}", summary="Delete a conversation of the inbox", status_code=204)
async def delete_inbox_conversation(user: CurrentUser, id: ConversationId) -> None:
    """Deletes a visitor's conversation with its messages and notes. What its answers cost remains in the usage."""
    await conversation.delete(user, id)


@router.post("/inbox/conversations/{id}/notes", summary="Add a note", status_code=201)
async def add_note(user: CurrentUser, id: ConversationId, note: NewNote) -> InboxNote:
    """Adds a note that only the team reads. A conversation has at most 200."""
    return await conversation.add_note(user, id, note)


@router.patch("/inbox/conversations/{id}/notes/{note_id}", summary="Change a note")
async def change_note(user: CurrentUser, id: ConversationId, note_id: NoteId, note: NewNote) -> InboxNote:
    """Changes a note: your own, or any if you manage the workspace."""
    return await conversation.change_note(user, id, note_id, note)


@router.delete("/inbox/conversations/{id}/notes/{note_id}", summary="Delete a note", status_code=204)
async def delete_note(user: CurrentUser, id: ConversationId, note_id: NoteId) -> None:
    """Deletes a note: your own, or any if you manage the workspace."""
    await conversation.delete_note(user, id, note_id)
