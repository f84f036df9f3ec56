"""The API of admins and support. To everyone else none of it is there."""

import account_state_routes
import analytics_routes
import docs_routes
import overview_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application(
    "Admin",
    overview_routes.router,
    analytics_routes.router,
    account_state_routes.router,
    docs_routes.router,
)

handler = handler_of(app)
