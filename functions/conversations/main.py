"""The API of conversations, their messages, sharing, files, and the list of models."""

import archive_routes
import conversation_routes
import message_routes
import search_routes
import share_routes
import upload_routes
import version_routes

from oneai import plans
from oneai.clients import secrets_manager
from oneai.http.fastapi_app import CurrentUser, application, handler_of
from oneai.plans import ModelList

secrets_manager.load()
app = application(
    "Conversations",
    archive_routes.router,
    conversation_routes.router,
    message_routes.router,
    search_routes.router,
    share_routes.router,
    upload_routes.router,
    version_routes.router,
)


@app.get("/chat/models", tags=["Models"], summary="List models")
async def list_models(user: CurrentUser) -> ModelList:
    """Every model on offer, with its price, and whether your plan has it."""
    return await plans.list_models(user)


handler = handler_of(app)
