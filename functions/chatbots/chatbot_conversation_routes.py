"""Routes for the conversations of a chatbot's visitors, which its team reads."""

from typing import Annotated
from uuid import UUID

from chatbot_routes import ChatbotId
from fastapi import APIRouter, Depends, Path

from oneai.chatbots import conversations
from oneai.chatbots.conversations import ChatbotConversationDetail, ChatbotConversationPage
from oneai.clients.supabase_auth import UserPrincipal
from oneai.http.fastapi_app import Cursor, Limit, signed_in

# Viewers read what members share with them, and visitors share nothing.
Reader = Annotated[UserPrincipal, Depends(signed_in(right="write"))]

router = APIRouter(tags=["Chatbots"])


@router.get("/chatbots/{id}/conversations", summary="List the conversations of a chatbot")
async def list_chatbot_conversations(
    user: Reader, id: ChatbotId, limit: Limit = 50, cursor: Cursor = None
) -> ChatbotConversationPage:
    """Lists the conversations of the chatbot's visitors, newest first. Each is kept until its visitor has not asked for
    30 days, or is forgotten."""
    return await conversations.list_conversations(user, id, limit=limit, cursor=cursor)


@router.get("/chatbots/{id}/conversations/{conversation_id}", summary="Read a conversation of a chatbot")
async def read_chatbot_conversation(
    user: Reader,
    id: ChatbotId,
    conversation_id: Annotated[UUID, Path(description="The conversation's id.")],
) -> ChatbotConversationDetail:
    """Returns a conversation of one of the chatbot's visitors with its messages, and how each answer turned out."""
    return await conversations.read_conversation(user, id, conversation_id)
