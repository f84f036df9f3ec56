"""The API of chatbots."""

import answer_routes
import chatbot_analytics_routes
import chatbot_conversation_routes
import chatbot_routes
import evaluation_routes
import handoff_routes
import identity_routes
import inbox_routes
import view_and_reply_routes
import visitor_routes
import widget_document_routes
import widget_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application(
    "Chatbots",
    *(chatbot_routes.router, answer_routes.router, chatbot_conversation_routes.router, identity_routes.router),
    *(
        inbox_routes.router,
        evaluation_routes.router,
        handoff_routes.router,
        view_and_reply_routes.router,
        visitor_routes.router,
        widget_routes.router,
        widget_document_routes.router,
    ),
    chatbot_analytics_routes.router,
)

handler = handler_of(app)
