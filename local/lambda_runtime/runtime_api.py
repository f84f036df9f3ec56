"""Lambda's Runtime API: hands out events and takes what a runtime sends back, as it arrives.

Where AWS's own emulator buffers and knows one poll at a time, this one passes chunk by chunk, reads as slowly as it is
to, shows the trailers, snapshots and restores, accepts as many polls and responses at once as the environment's
concurrency, and refuses with AWS's status codes and words. Polls can be stalled and events reordered (`EventQueue`).
"""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from local.lambda_runtime.invocation import Event, Failure, Headers, Invocation
from local.lambda_runtime.messages import ACCEPTED, read_failure, read_headers, refusal, write_response

PREFIX = "/2018-06-01/runtime"
_RECEIVE_BUFFER = 65536
_BACKLOG = 2048


class EventQueue:
    """Events that wait for a poll, of one environment or of several."""

    def __init__(self) -> None:
        self._ready: asyncio.Queue[Invocation] = asyncio.Queue()
        self._held: list[Invocation] | None = None

    def put(self, invocation: Invocation) -> None:
        """Puts an event in line."""
        if self._held is None:
            self._ready.put_nowait(invocation)
        else:
            self._held.append(invocation)

    async def get(self) -> Invocation:
        """The next event."""
        return await self._ready.get()

    def take_all(self) -> list[Invocation]:
        """Every event that waits, which no poll gets any more."""
        waiting, self._held = self._held or [], None if self._held is None else []
        while not self._ready.empty():
            waiting.append(self._ready.get_nowait())
        return waiting

    def __len__(self) -> int:
        """The number of waiting events."""
        return self._ready.qsize() + len(self._held or ())

    def stall(self) -> None:
        """From now on polls get nothing."""
        self._held = self._held or []

    def proceed(self, *, newest_first: bool = False) -> None:
        """Ends the stall: what waited goes out in its order, or in the opposite one."""
        held, self._held = self._held or [], None
        for invocation in reversed(held) if newest_first else held:
            self._ready.put_nowait(invocation)


class RuntimeApi:
    """One environment: one runtime process, with `concurrency` invocations at a time."""

    def __init__(self, concurrency: int = 1, queue: EventQueue | None = None) -> None:
        self.concurrency = concurrency
        self.queue = EventQueue() if queue is None else queue  # an empty one is false
        self.address = ""
        self.calls: list[str] = []
        self.failures: asyncio.Queue[Failure] = asyncio.Queue()
        self.may_restore = asyncio.Event()
        self.polls = self.open_polls = 0
        """How many were accepted, and how many wait for an event."""
        self.delivered: dict[str, Invocation] = {}
        """By request id: what was handed out and is not over."""
        self.on_delivery: Callable[[Invocation], None] = lambda _: None
        self._over: set[str] = set()
        self._changed = asyncio.Condition()

    def invoke(self, event: Event, **options: Any) -> Invocation:
        """Puts an event in line. A str is sent as it is, anything else as JSON."""
        invocation = Invocation(event, **options)
        self.queue.put(invocation)
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
            headers = await read_headers(reader)
            path = target.removeprefix(PREFIX)
            await self._record_call(path if not path.startswith("/invocation/") else f"/{path.rpartition('/')[2]}")
            match method, path.split("/")[1:]:
                case "GET", ["invocation", "next"]:
                    await self._answer_poll(reader, writer)
                case "GET", ["restore", "next"]:
                    await self.may_restore.wait()
                    write_response(writer, "200 OK", b"")
                case "POST", ["init" | "restore", "error"]:
                    self.failures.put_nowait(await read_failure(path, headers, reader))
                    write_response(writer, *ACCEPTED)
                case "POST", ["invocation", request_id, "response" | "error"]:
                    answer = await self._take_response(request_id, path, headers, reader)
                    if answer is not None:
                        write_response(writer, *answer)
                        await reader.read()  # what is left of a refused body: closing over it would be a reset
                case _:
                    write_response(writer, "404 Not Found", b"404 page not found")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the process has ended
        finally:
            writer.close()

    async def _record_call(self, call: str) -> None:
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    async def _answer_poll(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.open_polls + len(self.delivered) >= self.concurrency:
            write_response(writer, *refusal("403 Forbidden", "InvalidStateTransition", "State transition failed."))
            return
        self.polls += 1
        self.open_polls += 1
        event = asyncio.create_task(self.queue.get())
        hung_up = asyncio.create_task(reader.read())  # it reads the end: the runtime stopped polling
        try:
            await asyncio.wait({event, hung_up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open_polls -= 1
            hung_up.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await hung_up
            if not event.done():
                event.cancel()
        if event.done() and not event.cancelled():
            self._deliver(event.result(), writer)

    def _deliver(self, invocation: Invocation, writer: asyncio.StreamWriter) -> None:
        invocation.deadline_ms = int((time.time() + invocation.timeout_s) * 1000)
        self.delivered[invocation.request_id] = invocation
        invocation.delivered.set()
        self.on_delivery(invocation)
        event = invocation.event if isinstance(invocation.event, str) else json.dumps(invocation.event)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:ap-south-1:000000000000:function:f:live",
            **invocation.extra_headers,
        }
        write_response(writer, "200 OK", event.encode(), headers)

    async def _take_response(
        self, request_id: str, path: str, headers: Headers, reader: asyncio.StreamReader
    ) -> tuple[str, bytes] | None:
        invocation = self.delivered.get(request_id)
        if request_id in self._over or (invocation is not None and invocation.answered):
            return refusal("403 Forbidden", "InvalidStateTransition", "State transition failed for runtime.")
        if invocation is None:
            return refusal("400 Bad Request", "InvalidRequestID", "Invalid request ID")
        invocation.answered = True
        invocation.request_headers = headers
        invocation.began.set()
        try:
            return await self._take_body(invocation, path, headers, reader)
        finally:
            await self.end(invocation)

    async def end(self, invocation: Invocation) -> None:
        """The invocation is over: its place is free, and another response to it is refused."""
        self.delivered.pop(invocation.request_id, None)
        self._over.add(invocation.request_id)
        await invocation.end()

    async def _take_body(
        self, invocation: Invocation, path: str, headers: Headers, reader: asyncio.StreamReader
    ) -> tuple[str, bytes] | None:
        if invocation.refuse_with is not None:
            return refusal(*invocation.refuse_with)
        if path.endswith("/error"):
            invocation.failure = await read_failure(path, headers, reader)
        elif headers.get("lambda-runtime-function-response-mode", "streaming") != "streaming":
            return refusal("400 Bad Request", "InvalidFunctionResponseMode", "Invalid function response mode")
        elif headers.get("transfer-encoding") == "chunked":
            return await _take_chunks(invocation, reader)
        else:
            await invocation.add_chunk(await reader.readexactly(int(headers["content-length"])))
        await invocation.may_accept.wait()
        return ACCEPTED


async def _take_chunks(invocation: Invocation, reader: asyncio.StreamReader) -> tuple[str, bytes] | None:
    taken = 0
    try:
        while await invocation.may_read.wait() and (size := int(await reader.readuntil(b"\r\n"), 16)):
            if taken == invocation.hang_up_after_chunks:
                return None
            await invocation.add_chunk(await reader.readexactly(size))
            await reader.readexactly(2)
            taken += 1
        invocation.trailers = await read_headers(reader)
    except (asyncio.IncompleteReadError, ConnectionError):
        invocation.truncated = True
        return refusal("400 Bad Request", "TruncatedHTTPRequest", "HTTP request detected as truncated")
    await invocation.may_accept.wait()
    return ACCEPTED


@asynccontextmanager
async def serving(concurrency: int = 1, queue: EventQueue | None = None) -> AsyncIterator[RuntimeApi]:
    """The API on a port of its own. Its buffers are small, so that a client that does not read is felt by the app."""
    api = RuntimeApi(concurrency, queue)
    listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    server = await asyncio.start_server(api.serve, sock=listener, backlog=_BACKLOG)
    api.address = f"127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield api
    finally:
        server.close()
