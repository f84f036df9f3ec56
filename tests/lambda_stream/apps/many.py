"""Apps that are invoked many at once; what each waits for names the path of its request."""

import asyncio
import json
import os
from contextvars import ContextVar
from typing import Any

from plain import Scope, body, hear, say, start  # type: ignore[import-not-found]

from oneai import request_context

_path: ContextVar[str] = ContextVar("path")


async def own_context(scope: Scope, receive: Any, send: Any) -> None:
    """Answers with what it has of its own, once the test lets all of them."""
    _path.set(scope["path"])
    say(f"began {scope['path'][1:]}")
    await hear("answer")
    invocation = scope["extensions"]["oneai.invocation"]
    own = {
        "path": _path.get(),
        "request_id": invocation["request_id"],
        "deadline_ms": invocation["deadline_ms"],
        "trace_id": request_context.trace_id(),
        "environment": os.environ.get("_X_AMZN_TRACE_ID"),
    }
    await start(send)
    await body(send, json.dumps(own).encode())


async def by_path(scope: Scope, receive: Any, send: Any) -> None:
    """Behaves as its path says; `/ask/…` sends one piece, and a second one when the test says so."""
    match scope["path"].split("/")[1:]:
        case ["raise"]:
            raise LookupError("before it began")
        case ["raise-midway"]:
            await start(send)
            await body(send, b"data: one\n\n", more=True)
            raise LookupError("midway")
        case ["flood"]:
            await start(send)
            while True:
                await body(send, bytes(65536), more=True)
        case ["hang"]:
            await start(send)
            await body(send, b"data: one\n\n", more=True)
            await _hang("the app was cancelled")
        case ["leave-a-task"]:
            task = asyncio.create_task(_hang("the task was cancelled"))
            scope["extensions"]["oneai.invocation"]["tasks"].add(task)
            await start(send)
            await body(send, b"data: one\n\n")
        case [*_, name]:
            await start(send)
            await body(send, b"data: one\n\n", more=True)
            await hear("go on")
            await body(send, f"data: {name}\n\n".encode())


async def _hang(word: str) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        say(word)
