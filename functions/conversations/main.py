"""Conversations and what was said in them, topic by topic, and the models one can talk to."""

import archiving
import organising
import reading
import searching
import sharing
import uploading
import versioning

from oneai import plans
from oneai.clients import secrets_manager
from oneai.http.fastapi_app import CurrentUser, application, handler_of
from oneai.plans import ModelList

secrets_manager.load()
app = application(
    "Conversations",
    archiving.router,
    organising.router,
    reading.router,
    searching.router,
    sharing.router,
    uploading.router,
    versioning.router,
)


@app.get("/chat/models", tags=["Models"], summary="List models")
async def list_models(user: CurrentUser) -> ModelList:
    """Every model on offer, with its price, and whether your plan has it."""
    return await plans.listed(user)


handler = handler_of(app)
