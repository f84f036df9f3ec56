"""A server that lists models to those who have the right key, and misbehaves on request."""

from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

ANSWER = b'data: {"choices":[{"index":0,"delta":{"content":"A"},"finish_reason":"length"}]}\n\ndata: [DONE]\n\n'


@dataclass
class Upstream:
    """The providers' APIs, as far as a test of a key asks them: one server for all."""

    key: str
    address: str = ""
    status: int = 200
    body: object = None
    """What it answers instead of its own; None: its own."""
    redirect: str | None = None
    apis: tuple[str, ...] | None = None
    """The paths that an API is at; None: any."""
    token: tuple[int, object] = (200, None)
    """What it answers to a question; None: a stream."""
    lists_models: bool = True
    questions: list[dict[str, Any]] = field(default_factory=list)
    """Model and length of each question."""
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
        names = ("x-api-key", "x-goog-api-key", "api-key")
        shown = shown or next((request.headers[name] for name in names if name in request.headers), "")
        path = request.url.path
        if self.apis is not None and path.rpartition("/")[0] not in self.apis:
            return JSONResponse({"detail": "Not Found"}, 404)
        if shown != self.key:
            if "/v1beta/" in path:
                details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
                error = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": details}
                return JSONResponse({"error": error}, 400)
            message = f"Incorrect API key provided: {shown}."
            return JSONResponse({"error": {"message": message, "code": "invalid_api_key"}}, 401)
        if request.method == "POST":
            asked = await request.json()
            self.questions.append({"model": asked["model"], "max_tokens": asked.get("max_tokens")})
            status, body = self.token
            return Response(ANSWER, media_type="text/event-stream") if body is None else JSONResponse(body, status)
        if not self.lists_models:
            return JSONResponse({"detail": "Not Found"}, 404)
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
