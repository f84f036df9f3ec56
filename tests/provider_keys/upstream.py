"""A server that lists models to those who have the right key, and misbehaves on request."""

from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route


@dataclass
class Upstream:
    """The providers' APIs, as far as a test of a key asks them: one server for all."""

    key: str
    address: str = ""
    status: int = 200
    body: object = None
    """What it answers instead of its own; None: its own."""
    redirect: str | None = None
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, address and headers of each request."""

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])

    async def answer(self, request: Request) -> Response:
        self.seen.append((request.method, str(request.url), dict(request.headers)))
        if self.redirect is not None:
            return RedirectResponse(self.redirect, 302)
        if self.status != 200 or self.body is not None:
            if isinstance(self.body, bytes):
                return Response(self.body, self.status, media_type="text/html")
            return JSONResponse(self.body, self.status)
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        shown = shown or request.headers.get("x-api-key", "") or request.headers.get("x-goog-api-key", "")
        path = request.url.path
        if shown != self.key:
            if "/v1beta/" in path:
                details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
                error = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": details}
                return JSONResponse({"error": error}, 400)
            message = f"Incorrect API key provided: {shown}."
            return JSONResponse({"error": {"message": message, "code": "invalid_api_key"}}, 401)
        if "/v1beta/" in path:
            return JSONResponse({"models": [{"name": "models/gemini-flash"}, {"name": "models/gemini-pro"}]})
        if path.endswith(("/account", "/key")):
            return JSONResponse({"type": "user"})
        return JSONResponse({"data": [{"id": "a-model"}, {"id": "another-model"}]})


def addresses_of(url: str) -> dict[str, str]:
    """The settings that send all providers to this server."""
    return {
        "OPENROUTER_BASE_URL": f"{url}/openrouter",
        "OPENAI_BASE_URL": f"{url}/openai/v1",
        "ANTHROPIC_BASE_URL": f"{url}/anthropic",
        "GEMINI_BASE_URL": f"{url}/gemini",
        "REPLICATE_BASE_URL": f"{url}/replicate",
    }
