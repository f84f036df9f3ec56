"""The upstream of the benchmarks: the stand-in, with one model whose pace is stated in the question.

For the question `{"first": 0.05, "pause": 0.02, "chunks": 300}` it waits `first` seconds, then sends this number of
chunks, each in its own write, `pause` seconds apart. It does little work, because it shares the measured machine.
"""

import asyncio
import json
from typing import Any

from bench.serving import serve
from stand_ins.openrouter import create

MODEL = "local/echo"  # any small model of the catalogue; it is never called
# `PUT` makes the upstream refuse and break off what it sends, `DELETE` ends that.
AWAY = "/bench/away"
_HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]


def pace(*, first: float, chunks: int, pause: float) -> str:
    """The question that asks for this pace."""
    return json.dumps({"first": first, "chunks": chunks, "pause": pause})


def body(question: str, model: str = MODEL) -> bytes:
    """A chat request to OpenRouter, and to the bare proxy."""
    return json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": question}]}).encode()


class Upstream:
    """The ASGI app."""

    def __init__(self) -> None:
        self._stand_in = create(pause=0)
        self._away = asyncio.Event()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] == AWAY:
            (self._away.clear if scope["method"] == "DELETE" else self._away.set)()
        if self._away.is_set() or scope["path"] == AWAY:
            status = 204 if scope["path"] == AWAY else 503
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body"})
            return
        if scope["path"] != "/api/v1/chat/completions":
            await self._stand_in(scope, receive, send)
            return
        received = bytearray()
        more = True
        while more:
            message = await receive()
            received += message.get("body", b"")
            more = message.get("more_body", False)
        pace = _requested_pace(bytes(received))
        if pace is None:
            await self._stand_in(scope, _again(bytes(received), receive), send)
            return
        await self._play(pace, send)

    async def _play(self, pace: dict[str, Any], send: Any) -> None:
        playing = asyncio.ensure_future(_play(pace, send))
        away = asyncio.ensure_future(self._away.wait())
        await asyncio.wait((playing, away), return_when=asyncio.FIRST_COMPLETED)
        away.cancel()
        if not playing.done():
            playing.cancel()
            raise ConnectionResetError  # the server closes the connection
        await playing


async def _play(pace: dict[str, Any], send: Any) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    for at in range(pace["chunks"]):
        # By the clock, because sleeps on a busy machine would lower the rate.
        await asyncio.sleep(max(started + pace["first"] + at * pace["pause"] - loop.time(), 0))
        await send({"type": "http.response.body", "body": _frame({"content": f"word{at} "}), "more_body": True})
    usage = {"prompt_tokens": 20, "completion_tokens": pace["chunks"], "cost": 0.0001}
    end = _frame({"content": ""}, finish="stop") + _frame({}, usage=usage) + b"data: [DONE]\n\n"
    await send({"type": "http.response.body", "body": end, "more_body": False})


def _frame(delta: dict[str, str], *, finish: str | None = None, usage: dict[str, Any] | None = None) -> bytes:
    """A frame with the envelope of OpenRouter."""
    choice = {"index": 0, "delta": {**delta, "role": "assistant"}, "finish_reason": finish}
    frame = {
        "id": "gen-1790000000-abcdefghijklmnopqrst",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": MODEL,
        "provider": "Together",
        "choices": [] if usage else [{**choice, "native_finish_reason": finish}],
        **({"usage": usage} if usage else {}),
    }
    return b"data: " + json.dumps(frame, separators=(",", ":")).encode() + b"\n\n"


def _requested_pace(received: bytes) -> dict[str, Any] | None:
    """The pace in the question, if it has one."""
    try:
        pace = json.loads(json.loads(received)["messages"][-1]["content"])
    except (ValueError, LookupError, TypeError):
        return None
    return pace if isinstance(pace, dict) and "chunks" in pace else None


def _again(received: bytes, receive: Any) -> Any:
    """A `receive` that repeats the message already read."""
    messages = [{"type": "http.request", "body": received, "more_body": False}]

    async def from_the_start() -> Any:
        return messages.pop() if messages else await receive()

    return from_the_start


if __name__ == "__main__":
    serve(Upstream(), __doc__)
