"""The API of users' accounts."""

import api_key_routes
import data_routes
import preference_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application("Account", api_key_routes.router, preference_routes.router, data_routes.router)

handler = handler_of(app)
