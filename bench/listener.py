"""A client with minimal overhead: raw HTTP/1.1 on kept connections, and a clock."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

# The first of our events with text, or of OpenRouter's with content.
OUR_TOKEN = b"event: delta"
THEIR_TOKEN = b'"delta":{"content":"'

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_READ = 256 * 1024


@dataclass(frozen=True, slots=True)
class StreamResult:
    """An answer: its status, seconds to its first token (0 without one) and to its end, and its bytes."""

    status: int
    first: float
    whole: float
    body: bytes


class Listener:
    """One connection to a server, for one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> Self:
        """Connects to 127.0.0.1."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=_READ))

    async def ask(self, path: str, body: bytes, token: bytes, **headers: str) -> StreamResult:
        """Posts `body`, reads to the end, and measures when `token` first arrives."""
        return await self.send("POST", path, body, token, headers)

    async def send(
        self, method: str, path: str, body: bytes = b"", token: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> StreamResult:
        """Sends any request and reads the response to its end. Raises OSError or EOFError if the server disconnects."""
        head = {
            "host": "bench",
            "content-type": "application/json",
            "content-length": str(len(body)),
            **(headers or {}),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        started = time.perf_counter()
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        answered = await self._reader.readuntil(b"\r\n\r\n")
        status = int(answered[9:12])
        first = 0.0
        parts: list[bytes] = []
        if length := _LENGTH.search(answered):
            parts.append(await self._reader.readexactly(int(length[1])))
        elif status not in (204, 304):
            while not (parts and parts[-1].endswith(b"0\r\n\r\n")):
                part = await self._reader.read(_READ)
                if not part:
                    raise ConnectionResetError("the server hung up in the middle of an answer")
                if token and not first and token in part:
                    first = time.perf_counter() - started
                # The end may come in two reads.
                parts.append(parts.pop() + part if parts and len(part) < 5 else part)
        return StreamResult(status, first, time.perf_counter() - started, b"".join(parts))

    def close(self) -> None:
        """Closes the connection."""
        self._writer.close()
