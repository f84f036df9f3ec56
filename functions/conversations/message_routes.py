"""Routes for messages: the history, the visible branch of a conversation, and feedback."""

from typing import Annotated

from fastapi import APIRouter, Query

from oneai import conversations
from oneai.conversations import BranchRequest, ConversationSummary, Feedback, HistoryPage, HistoryRequest, MessagePage
from oneai.http.fastapi_app import ConversationId, ConversationReader, ConversationWriter, MessageId

router = APIRouter(tags=["Messages"])


@router.get("/chat/history", summary="List messages of all conversations")
async def list_history(user: ConversationReader, request: Annotated[HistoryRequest, Query()]) -> HistoryPage:
    """Lists the visible messages of all conversations, newest first."""
    return await conversations.list_history(user, request)


@router.get("/conversations/{id}/messages", summary="List the messages of a conversation")
async def list_messages(
    user: ConversationReader, id: ConversationId, request: Annotated[BranchRequest, Query()]
) -> MessagePage:
    """Lists the visible branch in ascending order: the newest page and older ones, or from the start onwards; all
    messages, or those that match the filters."""
    return await conversations.list_messages(user, id, request)


@router.get("/conversations/{id}/summary", summary="Read the summary of a long conversation")
async def get_summary(user: ConversationReader, id: ConversationId) -> ConversationSummary:
    """Returns the summary that models read in place of the oldest messages of the visible branch; 404 if there is
    none."""
    return await conversations.get_summary(user, id)


@router.put("/conversations/{id}/messages/{mid}/feedback", summary="Rate an answer")
async def rate_answer(user: ConversationWriter, id: ConversationId, mid: MessageId, feedback: Feedback) -> Feedback:
    """Rates an answer with thumbs up or down, and replaces your previous rating."""
    return await conversations.rate_answer(user, id, mid, feedback)
