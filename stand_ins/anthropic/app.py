"""The stand-in's routes, under `/v1` as Anthropic's."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.anthropic import messages
from stand_ins.anthropic.messages import refuse
from stand_ins.direct.answers import Answer, answer_to, pieces, signature, tokens_of
from stand_ins.direct.keys import is_accepted, is_busy
from stand_ins.direct.server import Event, Refusal, Server, event

KEY = "sk-ant-of-the-stand-in"
MODELS = ("claude-sonnet-5-5", "claude-haiku-5-5", "claude-loops")
STOPS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal"}


def create(folders: Sequence[Path] = (), *, key: str | None = KEY) -> Starlette:
    """The stand-in as an ASGI application. `folders` hold samples in `sse/` and `errors/`. `key`: as in
    `stand_ins.direct.keys`."""
    handlers = _Handlers(folders, key)
    return Starlette(
        routes=[
            Route("/v1/messages", handlers.answer, methods=["POST"]),
            Route("/v1/models", handlers.models),
            *handlers.server.routes,
        ]
    )


class _Handlers:
    def __init__(self, folders: Sequence[Path], key: str | None) -> None:
        self.server, self._key = Server("anthropic", folders), key
        # The prefixes that were marked and sent before.
        self._cached: set[str] = set()

    async def answer(self, request: Request) -> Response:
        """`POST /v1/messages`, as a stream."""
        body = await request.json()
        self.server.record(request, body)
        try:
            self._check(request, asks=True)
            if (scripted := self.server.scripted(str(body.get("model")), request)) is not None:
                return scripted
            messages.check(body)
        except Refusal as refusal:
            return refusal.response()
        answer = answer_to(messages.asked(body))
        usage = self._input(body)
        return self.server.stream(_events(body["model"], answer, usage))

    async def models(self, request: Request) -> Response:
        """`GET /v1/models`."""
        self.server.record(request, None)
        try:
            self._check(request)
        except Refusal as refusal:
            return refusal.response()
        same = {"type": "model", "created_at": "2026-09-01T00:00:00Z"}
        data = [{**same, "id": name, "display_name": name} for name in MODELS]
        return JSONResponse({"data": data, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]})

    def _check(self, request: Request, *, asks: bool = False) -> None:
        # Anthropic's own client sends the key as a bearer.
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        given = request.headers.get("x-api-key", bearer)
        if not is_accepted(given, self._key):
            raise refuse(401, "authentication_error", "invalid x-api-key")
        if asks and is_busy(given, self._key):
            raise refuse(529, "overloaded_error", "Overloaded")
        if "anthropic-version" not in request.headers:
            raise refuse(400, "invalid_request_error", "anthropic-version: header is required")

    def _input(self, body: dict[str, Any]) -> dict[str, int]:
        """The tokens of the prompt: those read from the cache, those written to it, and the rest. What is read ends at
        the last place that was marked before, and what is written at the last mark."""
        total, read, marked, so_far = 0, 0, 0, ""
        new: set[str] = set()
        last = max((n for n, each in enumerate(messages.blocks(body)) if "cache_control" in each), default=-1)
        for n, block in enumerate(messages.blocks(body)):
            plain = {name: value for name, value in block.items() if name != "cache_control"}
            total += tokens_of(plain)
            so_far += json.dumps(plain, sort_keys=True)
            if n <= last and so_far in self._cached:
                read = total
            if "cache_control" in block:
                marked = total
                new.add(so_far)
        self._cached |= new
        return {
            "input_tokens": total - max(read, marked),
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": max(marked - read, 0),
        }


def _events(model: str, answer: Answer, counted: dict[str, int]) -> Iterator[Event]:
    """The stream, with the padding that hides lengths."""
    message = {"id": "msg_stand_in", "type": "message", "role": "assistant", "model": model, "content": []}
    start = {**message, "stop_reason": None, "stop_sequence": None, "usage": {**counted, "output_tokens": 1}}
    yield _named("message_start", message=start)
    yield _named("ping")
    blocks = list(_blocks(answer))
    for index, (block, deltas) in enumerate(blocks):
        yield _named("content_block_start", index=index, content_block=block)
        for delta in deltas:
            yield _named("content_block_delta", index=index, delta=delta)
        yield _named("content_block_stop", index=index)
    details = {"output_tokens_details": {"thinking_tokens": answer.thought_tokens()}} if answer.thoughts else {}
    stop = {"stop_reason": STOPS[answer.finish], "stop_sequence": None}
    yield _named("message_delta", delta=stop, usage={**counted, "output_tokens": answer.tokens(), **details})
    yield _named("message_stop")


def _blocks(answer: Answer) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    if answer.thoughts:
        deltas = [{"type": "thinking_delta", "thinking": each} for each in pieces(answer.thoughts)]
        signed = {"type": "signature_delta", "signature": signature(answer.thoughts)}
        yield {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signed]
    if answer.text:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": each} for each in answer.words()]
    for call in answer.calls:
        block = {"type": "tool_use", "id": call.id.replace("call_", "toolu_"), "name": call.name, "input": {}}
        arguments = pieces(json.dumps(call.arguments)) if call.arguments else []
        deltas = [{"type": "input_json_delta", "partial_json": each} for each in ["", *arguments]]
        yield block, deltas


def _named(kind: str, **fields: Any) -> Event:
    return event({"type": kind, **fields}, kind).replace(b"}\n\n", b"   }\n\n")
