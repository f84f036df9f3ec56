"""Routes for the conversations and leads of a chatbot's visitors, which its team reads."""

from typing import Annotated, Any, Literal
from uuid import UUID

from chatbot_routes import ChatbotId
from fastapi import APIRouter, Depends, Path, Query, Response

from oneai.chatbots import leads
from oneai.chatbots.conversations import ChatbotConversationDetail, ChatbotConversationPage
from oneai.chatbots.leads import ChatbotLeadPage
from oneai.clients.supabase_auth import UserPrincipal
from oneai.http.fastapi_app import Cursor, Limit, signed_in
from oneai.inbox import conversation, listing
from oneai.inbox.filters import ConversationFilter

# Viewers read what members share with them, and visitors share nothing.
Reader = Annotated[UserPrincipal, Depends(signed_in(right="write"))]

router = APIRouter(tags=["Chatbots"])

_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get("/chatbots/{id}/conversations", summary="List the conversations of a chatbot")
async def list_chatbot_conversations(
    user: Reader, id: ChatbotId, asked: Annotated[ConversationFilter, Query()]
) -> ChatbotConversationPage:
    """Lists the conversations of the chatbot's visitors, as the inbox does."""
    return await listing.list_of_chatbot(user, id, asked)


@router.get("/chatbots/{id}/conversations/{conversation_id}", summary="Read a conversation of a chatbot")
async def read_chatbot_conversation(
    user: Reader,
    id: ChatbotId,
    conversation_id: Annotated[UUID, Path(description="The conversation's id.")],
) -> ChatbotConversationDetail:
    """Returns a conversation of one of the chatbot's visitors with its messages, and how each answer turned out."""
    return await conversation.read_of_chatbot(user, id, conversation_id)


@router.get(
    "/chatbots/{id}/leads", summary="List the leads of a chatbot", response_model=ChatbotLeadPage, responses=_CSV
)
async def list_chatbot_leads(
    user: Reader,
    id: ChatbotId,
    format: Annotated[
        Literal["json", "csv"], Query(description="`csv` returns up to 2,000 leads as lines, with a header.")
    ] = "json",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ChatbotLeadPage | Response:
    """Lists the visitors who want to be called back, newest first. A lead is kept as long as its visitor's
    conversations."""
    if format == "csv":
        headers = {"content-disposition": 'attachment; filename="leads.csv"'}
        return Response(await leads.leads_csv(user, id, cursor), 200, headers, "text/csv; charset=utf-8")
    return await leads.list_leads(user, id, limit=limit, cursor=cursor)


@router.delete("/chatbots/{id}/leads/{lead_id}", summary="Delete a lead of a chatbot", status_code=204)
async def delete_chatbot_lead(
    user: Reader, id: ChatbotId, lead_id: Annotated[UUID, Path(description="The lead's id.")]
) -> None:
    """Deletes a lead at once."""
    await leads.delete_lead(user, id, lead_id)
