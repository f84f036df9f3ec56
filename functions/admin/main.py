"""The API of admins and support. For everyone else its routes do not exist."""

import analytics_routes
import billing_routes
import chatbot_review_routes
import credit_review_routes
import docs_routes
import entitlement_routes
import incident_routes
import model_section_routes
import offering_routes
import overview_routes
import review_routes
import support_queue_routes
import user_routes
import workspace_review_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application(
    "Admin",
    overview_routes.router,
    user_routes.router,
    workspace_review_routes.router,
    offering_routes.router,
    support_queue_routes.router,
    entitlement_routes.router,
    billing_routes.router,
    credit_review_routes.router,
    review_routes.router,
    chatbot_review_routes.router,
    incident_routes.router,
    model_section_routes.router,
    analytics_routes.router,
    docs_routes.router,
)

handler = handler_of(app)
