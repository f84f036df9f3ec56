"""The API of users' accounts: sign-in, profile, preferences, API keys, and data."""

import api_key_routes
import consent_routes
import data_routes
import preference_routes
import profile_routes
import prompt_routes
import provider_key_routes
import sales_routes
import sign_in_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application(
    "Account",
    sign_in_routes.router,
    profile_routes.router,
    preference_routes.router,
    consent_routes.router,
    api_key_routes.router,
    prompt_routes.router,
    provider_key_routes.router,
    data_routes.router,
    sales_routes.router,
)

handler = handler_of(app)
