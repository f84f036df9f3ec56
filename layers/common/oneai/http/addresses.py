"""Which route of a function a request is for.

API Gateway passes on everything below a function's prefixes, so the function itself refuses an address or a method that
is not there. It does so as API Gateway refuses what is beside the prefixes.
"""

from collections.abc import Iterable
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import Match

from oneai.errors import MethodNotAllowed, NotFound

# What API Gateway's own refusals have for OpenAI's clients (GatewayResponses in template.yaml).
AS_API_GATEWAY: dict[str, Any] = {"type": "invalid_request_error", "param": None}


def route_of(request: Request) -> APIRoute:
    """The route of a request. Raises NotFound for an unknown address, and MethodNotAllowed with the `allow` header's
    value for an address that takes other methods. As at API Gateway, a word in a path goes before a parameter."""
    routes: Iterable[object] = request.app.router.routes
    matching = [
        route for route in routes if isinstance(route, APIRoute) and route.matches(request.scope)[0] is not Match.NONE
    ]
    if not matching:
        raise NotFound(**AS_API_GATEWAY)
    nearest = min(_parameters(route.path) for route in matching)
    by_method = {
        method: route for route in matching if _parameters(route.path) == nearest for method in route.methods or ()
    }
    if request.method not in by_method:
        raise MethodNotAllowed(allow=", ".join(sorted({*by_method, "OPTIONS"})), **AS_API_GATEWAY)
    return by_method[request.method]


def _parameters(path: str) -> list[bool]:
    """For each segment, whether it is a parameter: the path with the earliest word sorts first."""
    return ["{" in segment for segment in path.split("/")]
