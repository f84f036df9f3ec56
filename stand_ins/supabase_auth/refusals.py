"""GoTrue's errors, in both of its shapes: clients choose with the header `X-Supabase-Api-Version`."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

VERSION_HEADER = "X-Supabase-Api-Version"
VERSION = "2024-01-01"


class Refusal(Exception):
    """An HTTP status, one of GoTrue's stable codes, and its message; `extra` is merged into the body."""

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        self.status, self.code, self.message, self.extra = status, code, message, extra
        super().__init__(code)


class OAuthRefusal(Refusal):
    """The errors with OAuth's shape in every version."""


def invalid(message: str) -> Refusal:
    """The error of a parameter that a route does not accept."""
    return Refusal(400, "validation_failed", message)


async def render(request: Request, refusal: Exception) -> JSONResponse:
    """The error in the shape that the client expects."""
    assert isinstance(refusal, Refusal)  # noqa: S101 - Starlette's handlers are typed for any exception
    headers = {"x-sb-error-code": refusal.code}
    body: dict[str, Any]
    if isinstance(refusal, OAuthRefusal):
        body = {"error": refusal.code, "error_description": refusal.message}
    elif request.headers.get(VERSION_HEADER, "") >= VERSION:
        headers[VERSION_HEADER] = VERSION
        body = {"code": refusal.code, "message": refusal.message}
    else:
        body = {"code": refusal.status, "error_code": refusal.code, "msg": refusal.message}
    return JSONResponse({**body, **refusal.extra}, refusal.status, headers)


async def no_route(request: Request, error: Exception) -> JSONResponse:
    """An unknown path or method, in GoTrue's shape, which clients can read."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    message = f"The local stand-in for Supabase Auth has no {request.method} {path} (docs/local-stack.md)"
    return await render(request, Refusal(status, "validation_failed", message))


async def database_failed(request: Request, _error: Exception) -> JSONResponse:
    """GoTrue's error when Postgres fails."""
    return await render(request, Refusal(500, "unexpected_failure", "Database error querying schema"))
