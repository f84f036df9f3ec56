"""The route for what an answer cost."""

from fastapi import APIRouter

from oneai import usage
from oneai.http.fastapi_app import ConversationId, ConversationReader, MessageId
from oneai.usage import Receipt

router = APIRouter(tags=["Usage"])


@router.get("/conversations/{id}/messages/{mid}/receipt", summary="Get an answer's receipt")
async def get_receipt(user: ConversationReader, id: ConversationId, mid: MessageId) -> Receipt:
    """What an answer cost, which quota paid for it, and what was corrected later."""
    return await usage.receipt(user, id, mid)
