"""Streams that a test wrote, and conversations in the shape of requests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from oneai.clients import http
from oneai.models.endpoint import Endpoint
from tests.clients.direct.stand_in_servers import PROVIDERS, Answered, Running
from tests.clients.openrouter.upstream import Wire


@asynccontextmanager
async def sending(name: str, *chunks: bytes, status: str = "200 OK") -> AsyncIterator[Running]:
    """A server that answers each request of this provider's client with these bytes."""
    wire = Wire()
    wire.reads = list(chunks)
    wire.head = f"HTTP/1.1 {status}\r\ncontent-type: text/event-stream\r\n"
    async with await asyncio.start_server(wire.answer, "127.0.0.1", 0) as server:
        yield Running(PROVIDERS[name], f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        http.close()


def event(data: dict[str, Any], name: str | None = None, *, padding: str = "", space: str = " ") -> bytes:
    """A server-sent event, with white space before its last brace."""
    text = json.dumps(data, ensure_ascii=False)
    named = f"event: {name}\n" if name else ""
    return f"{named}data:{space}{text[:-1]}{padding}}}\n\n".encode()


def call(call_id: str, name: str = "find_train", **more: Any) -> dict[str, Any]:
    """A call of a tool."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": '{"train": "1"}'}, **more}


def result(call_id: str, content: Any = "done") -> dict[str, Any]:
    """The result of a call."""
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def user(content: Any) -> dict[str, Any]:
    """A message of the user."""
    return {"role": "user", "content": content}


def assistant(content: str | None, *calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An answer."""
    return {"role": "assistant", "content": content, **({"tool_calls": list(calls)} if calls else {}), **more}


def endpoint_at(running: Running) -> Endpoint:
    """Where the client asks the server, once."""
    return running.endpoint(piece_seconds=5.0)


async def ask_once(running: Running, **fields: Any) -> Answered:
    """One question."""
    return await running.ask("Hi", endpoint=endpoint_at(running), **fields)
