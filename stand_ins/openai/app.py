"""The stand-in's routes, under `/v1` as OpenAI's."""

import base64
import hashlib
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.direct.answers import answer_to, tokens_of
from stand_ins.direct.keys import is_accepted, is_busy
from stand_ins.direct.server import Refusal, Server
from stand_ins.openai import chat, responses

KEY = "sk-proj-of-the-stand-in"
# May answer, and not list models.
RESTRICTED_KEY = "sk-proj-restricted"
MODELS = ("gpt-5.6", "gpt-4.1-mini", "gpt-4.1-loops", "gpt-5.6-loops", "text-embedding-3-small")
DIMENSIONS = 8


def create(folders: Sequence[Path] = (), *, key: str | None = KEY) -> Starlette:
    """The stand-in as an ASGI application. `folders` hold samples in `sse/` and `errors/`. `key`: as in
    `stand_ins.direct.keys`."""
    handlers = _Handlers(folders, key)
    return Starlette(
        routes=[
            Route("/v1/responses", handlers.responses, methods=["POST"]),
            Route("/v1/chat/completions", handlers.chat, methods=["POST"]),
            Route("/v1/embeddings", handlers.embeddings, methods=["POST"]),
            Route("/v1/models", handlers.models),
            *handlers.server.routes,
        ]
    )


class _Handlers:
    def __init__(self, folders: Sequence[Path], key: str | None) -> None:
        self.server, self._key = Server("openai", folders), key

    async def responses(self, request: Request) -> Response:
        """`POST /v1/responses`, as a stream."""
        return await self._answer(request, responses)

    async def chat(self, request: Request) -> Response:
        """`POST /v1/chat/completions`, as a stream."""
        return await self._answer(request, chat)

    async def _answer(self, request: Request, api: Any) -> Response:
        body = await request.json()
        self.server.record(request, body)
        try:
            self._check(request, asks=True)
            if (scripted := self.server.scripted(str(body.get("model")), request)) is not None:
                return scripted
            api.check(body)
        except Refusal as refusal:
            return refusal.response()
        return self.server.stream(api.events(body, answer_to(api.asked(body))))

    async def embeddings(self, request: Request) -> Response:
        """`POST /v1/embeddings`: vectors in base64 where that is asked for."""
        body = await request.json()
        self.server.record(request, body)
        try:
            self._check(request)
        except Refusal as refusal:
            return refusal.response()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        data = [{"object": "embedding", "index": n, "embedding": _vector(each, body)} for n, each in enumerate(texts)]
        tokens = sum(map(tokens_of, texts))
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return JSONResponse({"object": "list", "data": data[::-1], "model": body["model"], "usage": usage})

    async def models(self, request: Request) -> Response:
        """`GET /v1/models`."""
        self.server.record(request, None)
        try:
            self._check(request)
        except Refusal as refusal:
            return refusal.response()
        if request.headers["authorization"].endswith(RESTRICTED_KEY):
            message = "You have insufficient permissions for this operation. Missing scopes: api.model.read."
            return chat.refuse(403, None, message).response()
        data = [{"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "system"} for name in MODELS]
        return JSONResponse({"object": "list", "data": data})

    def _check(self, request: Request, *, asks: bool = False) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not is_accepted(given, self._key) and given != RESTRICTED_KEY:
            raise chat.refuse(401, "invalid_api_key", f"Incorrect API key provided: {given[:8]}********{given[-4:]}.")
        if asks and is_busy(given, self._key):
            raise chat.refuse(503, None, "The engine is currently overloaded, please try again later.")


def _vector(text: str, body: dict[str, Any]) -> Any:
    size = body.get("dimensions") or DIMENSIONS
    digest = hashlib.sha256(text.encode()).digest() * (size // 32 + 1)
    numbers = [byte / 256 for byte in digest[:size]]
    return (
        base64.b64encode(array("f", numbers).tobytes()).decode() if body.get("encoding_format") == "base64" else numbers
    )
