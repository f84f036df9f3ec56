"""The API of conversations, their messages and receipts, sharing, files, and the list of models."""

import archive_routes
import conversation_routes
import message_routes
import model_routes
import receipt_routes
import search_routes
import share_routes
import upload_routes
import version_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application(
    "Conversations",
    archive_routes.router,
    conversation_routes.router,
    message_routes.router,
    model_routes.router,
    receipt_routes.router,
    search_routes.router,
    share_routes.router,
    upload_routes.router,
    version_routes.router,
)

handler = handler_of(app)
