"""Conversations and their messages, and the models one can talk to."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from oneai import conversations, plans, secrets
from oneai.conversations import ConversationPage, MessagePage
from oneai.plans import ModelList
from oneai.web import CurrentUser, application, handler

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=500)]

secrets.load()
app = application("Conversations")


@app.get("/chat/models")
async def list_models(user: CurrentUser) -> ModelList:
    """Every model on offer, with its price, and whether your plan has it."""
    return await plans.listed(user)


@app.get("/conversations")
async def list_conversations(user: CurrentUser, cursor: Cursor = None, limit: Limit = 50) -> ConversationPage:
    """Your conversations, the one last written in first."""
    return await conversations.newest(user, cursor, limit)


@app.get("/conversations/{id}/messages")
async def list_messages(user: CurrentUser, id: UUID, cursor: Cursor = None, limit: Limit = 50) -> MessagePage:
    """The visible branch: the newest page, ascending; the cursor leads to older ones."""
    return await conversations.page(user, id, cursor, limit)


handler = handler(app)
