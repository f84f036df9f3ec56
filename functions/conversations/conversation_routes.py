"""Routes for conversations: list, create, update, delete."""

from typing import Annotated

from fastapi import APIRouter, Header, Query

from oneai import conversations
from oneai.conversations import (
    BulkRequest,
    BulkResults,
    Conversation,
    ConversationChanges,
    ConversationDetail,
    ConversationFilters,
    ConversationPage,
    Fork,
    Labels,
    Move,
    MoveRequest,
    NewConversation,
    NewTitle,
)
from oneai.http.fastapi_app import ConversationId, ConversationReader, ConversationWriter, CurrentUser, UnmodifiedSince

router = APIRouter(tags=["Conversations"])


@router.get("/conversations", summary="List conversations")
async def list_conversations(
    user: ConversationReader, filters: Annotated[ConversationFilters, Query()]
) -> ConversationPage:
    """Lists your conversations, by default the one with the newest message first. Temporary ones are not listed."""
    return await conversations.list_conversations(user, filters)


@router.post("/conversations", summary="Create a conversation", status_code=201)
async def create_conversation(user: ConversationWriter, new: NewConversation) -> Conversation:
    """Creates a conversation, optionally with a model and instructions."""
    return await conversations.create(user, new)


@router.delete("/conversations", summary="Delete all conversations", status_code=204)
async def delete_conversations(user: ConversationWriter) -> None:
    """Deletes all your conversations. Their cost remains in your usage."""
    await conversations.delete_all(user)


@router.post("/conversations/bulk", summary="Change or delete several conversations")
async def change_conversations(user: ConversationWriter, request: BulkRequest) -> BulkResults:
    """Deletes, archives, unarchives, pins, unpins, moves or tags many conversations."""
    return await conversations.bulk(user, request)


@router.get("/conversations/labels", summary="List folders and tags")
async def list_labels(user: ConversationReader) -> Labels:
    """Lists your folders and tags by name, each with its number of conversations, without archived ones."""
    return await conversations.list_labels(user)


@router.get("/conversations/{id}", summary="Get a conversation")
async def get_conversation(user: ConversationReader, id: ConversationId) -> ConversationDetail:
    """Returns one conversation, with its cost and the newest page of its messages."""
    return await conversations.get_conversation(user, id)


@router.patch("/conversations/{id}", summary="Update a conversation")
async def change_conversation(
    user: ConversationWriter, id: ConversationId, changes: ConversationChanges, unmodified_since: UnmodifiedSince
) -> Conversation:
    """Changes the given fields. `If-Unmodified-Since` has whole seconds, `updated_at` is exact."""
    return await conversations.update(user, id, changes, unmodified_since)


@router.delete("/conversations/{id}", summary="Delete a conversation", status_code=204)
async def delete_conversation(user: ConversationWriter, id: ConversationId) -> None:
    """Deletes the conversation with everything that belongs to it, and ends a running answer."""
    await conversations.delete(user, id)


@router.put("/conversations/{id}/title", summary="Set a conversation's title")
async def name_conversation(user: ConversationWriter, id: ConversationId, new: NewTitle) -> Conversation:
    """Sets a title that no model replaces."""
    return await conversations.update(user, id, ConversationChanges(title=new.title))


@router.post("/conversations/{id}/move", summary="Move a conversation to another workspace")
async def move_conversation(
    user: CurrentUser,
    id: ConversationId,
    request: MoveRequest,
    preview: Annotated[bool, Query(description="`1` only returns who would pay, and changes nothing.")] = False,
) -> Move:
    """Moves a private conversation of yours to another workspace in which you may write, with its attached files. That
    workspace pays for later answers and for the storage; what was paid stays where it was."""
    return await conversations.move(user, id, request.workspace_id, preview=preview)


@router.post("/conversations/{id}/copy", summary="Continue a conversation in a copy", status_code=201)
async def copy_conversation(
    user: CurrentUser,
    id: ConversationId,
    idempotency_key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Repeated requests with the same key create one copy."),
    ] = None,
) -> Fork:
    """Copies the visible branch of a conversation that you may read, with its files, into a private one of yours in the
    same workspace, whose storage it counts in. What you ask in the copy changes nothing for its author."""
    return await conversations.copy(user, id, idempotency_key)
