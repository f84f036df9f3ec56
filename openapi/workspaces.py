"""The workspace that a request chooses: the header's description, and the right that each route needs there."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from oneai.http.fastapi_app import workspace_right
from oneai.http.headers import WORKSPACE
from oneai.http.workspace_choice import RouteRight, right_of

PARAMETER: dict[str, Any] = {
    "name": WORKSPACE,
    "in": "header",
    "required": False,
    "description": "The id or slug of the workspace that the request is for; absent: that of the named object, else "
    "your personal one, or the API key's.",
    "schema": {"type": "string", "maxLength": 64},
}
# Of the routes without FastAPI: those that stream, and OpenAI's.
STREAMING = (
    ("post", "/chat/stream"),
    ("get", "/chat/stream/{message_id}"),
    ("post", "/chat/stop"),
    ("post", "/chatbots/{id}/preview"),
    ("post", "/inbox/conversations/{id}/draft"),
    ("post", "/chat/ui-stream"),
    ("get", "/chat/ui-stream/{id}"),
    ("get", "/chat/ui-stream/{id}/stream"),
)


def rights(apps: list[FastAPI]) -> dict[tuple[str, str], RouteRight]:
    """The right of each route for users, by method and path."""
    return dict(_rights(apps))


def add(operation: dict[str, Any], right: RouteRight) -> None:
    """Adds the header to a route that needs this right, and the right as `x-workspace-right`."""
    operation["x-workspace-right"] = right
    if right != "ignored":
        operation["parameters"] = [*operation.get("parameters", []), PARAMETER]


def _rights(apps: list[FastAPI]) -> Iterator[tuple[tuple[str, str], RouteRight]]:
    for method, path in STREAMING:
        yield (method, path), right_of(method.upper(), None)
    for app in apps:
        for route in app.routes:
            if isinstance(route, APIRoute):
                for method in route.methods or ():
                    if (right := workspace_right(route, method)) is not None:
                        yield (method.lower(), route.path), right
