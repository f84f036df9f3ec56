"""Lambda's Runtime API, for tests: hands out events and shows what a runtime sends back, as it arrives.

Where AWS's own emulator buffers, this one hands over chunk by chunk, reads as slowly as a test wants, shows the
trailers, snapshots and restores, and refuses with AWS's status codes and words.
"""

import asyncio
import base64
import json
import socket
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

PREFIX = "/2018-06-01/runtime"
DELIMITER = bytes(8)
ACCEPTED = ("202 Accepted", b'{"status":"OK"}')

type Event = dict[str, Any] | str | None
type Headers = dict[str, str]


@dataclass
class Failure:
    """What a runtime reported to one of the error paths."""

    path: str
    headers: Headers
    body: dict[str, Any]


@dataclass
class Invocation:
    """One event on its way through the runtime under test, and what came back so far."""

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

    def __post_init__(self) -> None:
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.began, self.ended = asyncio.Event(), asyncio.Event()
        self.truncated = False
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()

    def arrived(self, chunk: bytes | None) -> None:
        """None is the end of the body."""
        self._chunks.put_nowait(chunk)

    async def chunk(self) -> bytes | None:
        """The next chunk, as soon as it is here; None when the body is over."""
        return await self._chunks.get()

    async def prelude(self) -> dict[str, Any]:
        """Status and headers, which our runtime sends as a chunk of their own."""
        chunk = await self.chunk()
        assert chunk is not None, "the response ended before its prelude"
        assert chunk.endswith(DELIMITER), chunk
        prelude: dict[str, Any] = json.loads(chunk.removesuffix(DELIMITER))
        assert prelude.keys() <= {"statusCode", "headers", "multiValueHeaders", "cookies"}
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


class RuntimeApi:
    """One sandbox: one runtime process at a time, one invocation at a time."""

    def __init__(self) -> None:
        self.address = ""
        self.calls: list[str] = []
        self.failures: asyncio.Queue[Failure] = asyncio.Queue()
        self.may_restore = asyncio.Event()
        self._waiting: asyncio.Queue[Invocation] = asyncio.Queue()
        self._given: dict[str, Invocation] = {}
        self._changed = asyncio.Condition()

    def invoke(self, event: Event, **options: Any) -> Invocation:
        """Puts an event in line. A str is sent as it is, anything else as JSON."""
        invocation = Invocation(event, **options)
        self._waiting.put_nowait(invocation)
        return invocation

    async def called(self, path: str, times: int = 1) -> None:
        """Waits until the runtime has made a call that many times."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.calls.count(path) >= times)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection; AWS's runtimes make one per response."""
        try:
            request = await reader.readline()
            if not request:
                return
            method, target, _ = request.decode().split()
            headers = await _headers(reader)
            path = target.removeprefix(PREFIX)
            await self._note(path if not path.startswith("/invocation/") else f"/{path.rpartition('/')[2]}")
            match method, path.split("/")[1:]:
                case "GET", ["invocation", "next"]:
                    await self._hand_out(reader, writer)
                case "GET", ["restore", "next"]:
                    await self.may_restore.wait()
                    _answer(writer, "200 OK", b"")
                case "POST", ["init" | "restore", "error"]:
                    self.failures.put_nowait(await _failure(path, headers, reader))
                    _answer(writer, *ACCEPTED)
                case "POST", ["invocation", request_id, "response" | "error"]:
                    answer = await self._take(request_id, path, headers, reader)
                    if answer is not None:
                        _answer(writer, *answer)
                        await reader.read()  # what is left of a refused body: closing over it would be a reset
                case _:
                    _answer(writer, "404 Not Found", b"404 page not found")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the process under test went away
        finally:
            writer.close()

    async def _note(self, call: str) -> None:
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    async def _hand_out(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting = asyncio.create_task(self._waiting.get())
        gone = asyncio.create_task(reader.read())  # EOF: the runtime stopped asking
        await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not waiting.done():
            waiting.cancel()
            return
        invocation = waiting.result()
        invocation.deadline_ms = int((time.time() + invocation.timeout_s) * 1000)
        self._given[invocation.request_id] = invocation
        event = invocation.event if isinstance(invocation.event, str) else json.dumps(invocation.event)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:ap-south-1:000000000000:function:f:live",
            **invocation.extra_headers,
        }
        _answer(writer, "200 OK", event.encode(), headers)

    async def _take(
        self, request_id: str, path: str, headers: Headers, reader: asyncio.StreamReader
    ) -> tuple[str, bytes] | None:
        invocation = self._given.get(request_id)
        if invocation is None:
            return _refusal("400 Bad Request", "InvalidRequestID", "Invalid request ID")
        if invocation.answered:
            return _refusal("403 Forbidden", "InvalidStateTransition", "State transition failed for runtime.")
        invocation.answered = True
        invocation.request_headers = headers
        invocation.began.set()
        if invocation.refuse_with is not None:
            return _refusal(*invocation.refuse_with)
        if path.endswith("/error"):
            invocation.failure = await _failure(path, headers, reader)
        elif headers.get("lambda-runtime-function-response-mode", "streaming") != "streaming":
            return _refusal("400 Bad Request", "InvalidFunctionResponseMode", "Invalid function response mode")
        elif headers.get("transfer-encoding") == "chunked":
            return await self._take_chunks(invocation, reader)
        else:
            invocation.arrived(await reader.readexactly(int(headers["content-length"])))
        invocation.arrived(None)
        invocation.ended.set()
        return ACCEPTED

    async def _take_chunks(self, invocation: Invocation, reader: asyncio.StreamReader) -> tuple[str, bytes] | None:
        taken = 0
        try:
            while await invocation.may_read.wait() and (size := int(await reader.readuntil(b"\r\n"), 16)):
                if taken == invocation.hang_up_after_chunks:
                    return None
                invocation.arrived(await reader.readexactly(size))
                assert await reader.readexactly(2) == b"\r\n"
                taken += 1
            invocation.trailers = await _headers(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            invocation.truncated = True
            return _refusal("400 Bad Request", "TruncatedHTTPRequest", "HTTP request detected as truncated")
        else:
            return ACCEPTED
        finally:
            invocation.arrived(None)
            invocation.ended.set()


@asynccontextmanager
async def runtime_api() -> AsyncIterator[RuntimeApi]:
    """The API on a port of its own. Its buffers are small, so that a reader who waits is felt by the writer."""
    api = RuntimeApi()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    server = await asyncio.start_server(api.serve, sock=listener)
    api.address = f"127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield api
    finally:
        server.close()


async def _headers(reader: asyncio.StreamReader) -> Headers:
    headers = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return headers


async def _failure(path: str, headers: Headers, reader: asyncio.StreamReader) -> Failure:
    return Failure(path, headers, json.loads(await reader.readexactly(int(headers["content-length"]))))


def _refusal(status: str, kind: str, message: str) -> tuple[str, bytes]:
    return status, json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _answer(writer: asyncio.StreamWriter, status: str, body: bytes, headers: Headers | None = None) -> None:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
