"""Routes for conversations: list, create, update, delete."""

from typing import Annotated

from fastapi import APIRouter, Query

from oneai import conversations
from oneai.conversations import (
    BulkRequest,
    BulkResults,
    Conversation,
    ConversationChanges,
    ConversationDetail,
    ConversationFilters,
    ConversationPage,
    NewConversation,
    NewTitle,
)
from oneai.http.fastapi_app import ConversationId, ConversationReader, ConversationWriter, UnmodifiedSince

router = APIRouter(tags=["Conversations"])


@router.get("/conversations", summary="List conversations")
async def list_conversations(
    user: ConversationReader, filters: Annotated[ConversationFilters, Query()]
) -> ConversationPage:
    """Your conversations, the one last written in first unless asked otherwise. Temporary ones are not listed."""
    return await conversations.list_conversations(user, filters)


@router.post("/conversations", summary="Create a conversation", status_code=201)
async def create_conversation(user: ConversationWriter, new: NewConversation) -> Conversation:
    """Begins a conversation, with what its model shall know and which it shall be."""
    return await conversations.create(user, new)


@router.delete("/conversations", summary="Delete all conversations", status_code=204)
async def delete_conversations(user: ConversationWriter) -> None:
    """Deletes everything you ever said. What it cost stays in your usage."""
    await conversations.delete_all(user)


@router.post("/conversations/bulk", summary="Archive or delete several conversations")
async def change_conversations(user: ConversationWriter, request: BulkRequest) -> BulkResults:
    """Deletes many conversations, puts them away or gets them out again."""
    return await conversations.bulk(user, request)


@router.get("/conversations/{id}", summary="Get a conversation")
async def get_conversation(user: ConversationReader, id: ConversationId) -> ConversationDetail:
    """One conversation, with its cost and the newest page of its messages."""
    return await conversations.get_conversation(user, id)


@router.patch("/conversations/{id}", summary="Update a conversation")
async def change_conversation(
    user: ConversationWriter, id: ConversationId, changes: ConversationChanges, unmodified_since: UnmodifiedSince
) -> Conversation:
    """Changes what is named. `If-Unmodified-Since` counts whole seconds, `updated_at` is exact."""
    return await conversations.update(user, id, changes, unmodified_since)


@router.delete("/conversations/{id}", summary="Delete a conversation", status_code=204)
async def delete_conversation(user: ConversationWriter, id: ConversationId) -> None:
    """Deletes it with everything that hangs on it; an answer that is being written ends."""
    await conversations.delete(user, id)


@router.put("/conversations/{id}/title", summary="Set a conversation's title")
async def name_conversation(user: ConversationWriter, id: ConversationId, new: NewTitle) -> Conversation:
    """Gives it a title that no model replaces."""
    return await conversations.update(user, id, ConversationChanges(title=new.title))
