"""An upstream that knows each of our keys, and says of each whether it is accepted."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

USER_NOT_FOUND = (401, {"error": {"code": 401, "message": "User not found."}})
KEY_LIMIT = (403, {"error": {"code": 403, "message": "Key limit exceeded (daily limit). Manage it using https://…"}})
FRAMES = (
    b'data: {"id":"gen-1-a","model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
    b'data: {"id":"gen-1-a","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"id":"gen-1-a","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.000001}}\n\n'
    b"data: [DONE]\n\n"
)

type Answer = tuple[int, dict[str, Any] | bytes]


@dataclass
class KeyServer:
    """Answers by key: completions with `FRAMES`, all else with 404, unless `answers` has something else."""

    address: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, any number of requests."""
        try:
            while head := await self._head(reader):
                headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                headers = {name.lower(): value for name, value in headers.items()}
                await reader.readexactly(int(headers.get("content-length", "0")))
                key = headers.get("authorization", "").removeprefix("Bearer ")
                self.asked.append(key)
                default: Answer = (200, FRAMES) if head.startswith("POST") else (404, {"error": {"code": 404}})
                status, body = self.answers.get(key, default)
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                writer.write(f"HTTP/1.1 {status} Status\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data)
                await writer.drain()
        finally:
            writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> str:
        try:
            return (await reader.readuntil(b"\r\n\r\n")).decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            return ""


@asynccontextmanager
async def key_server() -> AsyncIterator[KeyServer]:
    """One that is running."""
    server = KeyServer()
    async with await asyncio.start_server(server.answer, "127.0.0.1", 0) as listening:
        server.address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/api/v1"
        yield server
