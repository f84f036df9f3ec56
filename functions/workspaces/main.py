"""The API of workspaces: teams, their members and invitations."""

import ending_routes
import invitation_routes
import member_routes
import workspace_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application(
    "Workspaces", workspace_routes.router, ending_routes.router, member_routes.router, invitation_routes.router
)

handler = handler_of(app)
