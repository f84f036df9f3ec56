"""The API of users' accounts."""

import preference_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application("Account", preference_routes.router)

handler = handler_of(app)
