"""The stand-in's routes. A model's name chooses how its server differs from OpenAI."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.direct.answers import Answer, answer_to
from stand_ins.direct.server import Event, Refusal, Server, event
from stand_ins.openai import chat

KEY = "key-of-a-server"


def create(folders: Sequence[Path] = (), *, key: str | None = KEY) -> Starlette:
    """The stand-in as an ASGI application. Without a `key` it accepts any."""
    handlers = _Handlers(folders, key)
    completions = Route("/v1/chat/completions", handlers.chat, methods=["POST"])
    return Starlette(routes=[completions, Route("/v1/models", handlers.models), *handlers.server.routes])


class _Handlers:
    def __init__(self, folders: Sequence[Path], key: str | None) -> None:
        self.server, self._key = Server("custom", folders), key

    async def chat(self, request: Request) -> Response:
        """`POST /v1/chat/completions`."""
        body = await request.json()
        self.server.record(request, body)
        if self._is_refused(request):
            return JSONResponse({"detail": "Unauthorized"}, 401)
        model = str(body.get("model"))
        if (scripted := self.server.scripted(model, request)) is not None:
            return scripted
        try:
            _check(body)
        except Refusal as refusal:
            return refusal.response()
        answer = answer_to(chat.asked(body))
        if "no-stream" in model:
            message = {"role": "assistant", "content": answer.text}
            return JSONResponse({"id": "x", "model": model, "choices": [{"message": message, "finish_reason": "stop"}]})
        return self.server.stream(_events(body, answer))

    async def models(self, request: Request) -> Response:
        """`GET /v1/models`."""
        if self._is_refused(request):
            return JSONResponse({"error": "Unauthorized"}, 401)
        return JSONResponse({"object": "list", "data": [{"id": "llama-local", "object": "model"}]})

    def _is_refused(self, request: Request) -> bool:
        given = {request.headers.get("authorization"), request.headers.get("api-key")}
        return self._key is not None and given.isdisjoint({f"Bearer {self._key}", self._key})


def _check(body: dict[str, Any]) -> None:
    model = body["model"]
    if "old" in model and "stream_options" in body:
        raise Refusal(400, {"error": {"message": "Unrecognized request argument: stream_options"}})
    if "max-completion" in model and "max_tokens" in body:
        raise Refusal(422, {"detail": [{"loc": ["body", "max_tokens"], "msg": "Extra inputs are not permitted"}]})
    if "max_completion_tokens" in body and "max-completion" not in model:
        raise Refusal(400, {"error": "unknown field max_completion_tokens"})
    if "text-error" in model:
        raise Refusal(500, {"error": "CUDA out of memory"})
    thinking = [each for each in body["messages"] if each.get("tool_calls")]
    if "deepseek" in model and not all(each.get("reasoning_content") for each in thinking):
        raise Refusal(400, {"error": {"message": "The `reasoning_content` must be passed back to the API."}})
    chat.check_conversation(body["messages"])


def _events(body: dict[str, Any], answer: Answer) -> Iterator[Event]:
    model = body["model"]
    frame = {"id": "cmpl-1", "object": "chat.completion.chunk", "model": model}
    if "error-in-200" in model:
        yield event({"error": "the model crashed"})
        return
    if "deepseek" in model:
        yield event({**frame, "choices": [{"index": 0, "delta": {"reasoning_content": "A thought."}}]})
    for delta in _deltas(answer, whole_calls="whole-calls" in model):
        yield event({**frame, "choices": [{"index": 0, "delta": {"role": "assistant", **delta}}]}).replace(
            b": ", b":", 1
        )
    if "no-finish" not in model:
        finish = None if "null-finish" in model else answer.finish
        yield event({**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if "lies" in model:
        counted = {"prompt_tokens": 900_000_000, "completion_tokens": 900_000_000}
        yield event({**frame, "choices": [], "usage": counted})
    elif "no-usage" not in model and "stream_options" in body:
        yield event({**frame, "choices": [], "usage": chat.usage(body, answer)})
    if "no-done" not in model:
        yield b"data: [DONE]\n\n"


def _deltas(answer: Answer, *, whole_calls: bool) -> Iterator[dict[str, Any]]:
    if not whole_calls:
        yield from chat.deltas(answer)
        return
    # Without index and id, the arguments an object.
    for call in answer.calls:
        yield {"tool_calls": [{"function": {"name": call.name, "arguments": json.loads(json.dumps(call.arguments))}}]}
    for text in answer.words():
        yield {"content": text}
