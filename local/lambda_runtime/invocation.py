"""One event on its way through a function, and what came back so far."""

import asyncio
import base64
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

# Between the prelude, which is status and headers as JSON, and the body.
DELIMITER = bytes(8)
# Chunks that are kept for a slow client; then the function has to wait.
UNREAD_CHUNKS = 16

type Event = dict[str, Any] | str | None
type Headers = dict[str, str]


@dataclass
class Failure:
    """The report of a runtime to one of the error paths."""

    path: str
    headers: Headers
    body: dict[str, Any]


@dataclass
class Invocation:
    """An event, the ways in which the platform treats it badly, and its response.

    `refuse_with` is a status line, an error type and a message; `hang_up_after_chunks` breaks the response's connection
    off; while `may_read` is cleared nothing of the response is read, and while `may_accept` is, it is not acknowledged.
    """

    event: Event
    extra_headers: Headers = field(default_factory=dict)
    timeout_s: float = 60
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    deadline_ms: int = 0
    request_headers: Headers = field(default_factory=dict)
    trailers: Headers = field(default_factory=dict)
    failure: Failure | None = None
    refuse_with: tuple[str, str, str] | None = None
    hang_up_after_chunks: int | None = None
    answered: bool = False
    truncated: bool = False

    def __post_init__(self) -> None:
        self.may_read, self.may_accept = asyncio.Event(), asyncio.Event()
        self.may_read.set()
        self.may_accept.set()
        self.delivered, self.began, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(UNREAD_CHUNKS)

    async def add_chunk(self, chunk: bytes) -> None:
        """Keeps a chunk for the client; waits where too many are unread."""
        if not self.ended.is_set():
            await self._chunks.put(chunk)

    async def end(self) -> None:
        """The response is over, complete or not."""
        if not self.ended.is_set():
            self.ended.set()
            await self._chunks.put(None)

    async def chunk(self) -> bytes | None:
        """The next chunk, as soon as it is here; None when the body is over."""
        return await self._chunks.get()

    async def prelude(self) -> dict[str, Any]:
        """Status and headers. Raises ValueError where the response ends before them."""
        chunk = await self.chunk()
        if chunk is None or not chunk.endswith(DELIMITER):
            raise ValueError(f"the response begins with {chunk!r} and not with a prelude")
        prelude: dict[str, Any] = json.loads(chunk.removesuffix(DELIMITER))
        unknown = prelude.keys() - {"statusCode", "headers", "multiValueHeaders", "cookies"}
        if unknown:
            raise ValueError(f"the prelude has {unknown}, which the platform does not know")
        return prelude

    async def rest(self) -> bytes:
        """Everything up to the end of the body, which is awaited."""
        pieces = []
        while (chunk := await self.chunk()) is not None:
            pieces.append(chunk)
        await self.ended.wait()
        return b"".join(pieces)

    @property
    def error(self) -> dict[str, Any]:
        """The error of the trailers, decoded."""
        error: dict[str, Any] = json.loads(base64.b64decode(self.trailers["lambda-runtime-function-error-body"]))
        return error
