"""One HTTP/1.1 connection on asyncio itself, for one request at a time; llhttp parses what comes (httptools).

A read is one future, and none where bytes are there already. One timer watches all reads of a connection.
"""

import asyncio
from collections import deque
from typing import cast

import httptools

# Of a body's bytes that were not read yet; with more the socket is left to fill.
MAX_UNREAD_BYTES = 256 * 1024
# Of status line and headers, with those of interim responses.
MAX_HEAD_BYTES = 64 * 1024


class ConnectionLost(Exception):
    """The connection broke, or could not be made."""


class ReadTimedOut(ConnectionLost):
    """The connection exists, and nothing was received for too long."""


class ResponseParser:
    """What llhttp has found of one response."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.status: int | None = None
        """Known once all headers are; those of interim responses are skipped."""
        self._parts: deque[bytes] = deque()
        self.unread_bytes = 0
        self.is_complete = False
        self.keeps_alive = False
        """Whether the connection may be used again, as the response says."""
        self.has_surplus = False
        """Whether the start of a second, unrequested response arrived."""
        self._head_bytes = 0
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Parses the next bytes. Raises ConnectionLost for what is no response."""
        if self.status is None:
            if self._head_bytes > MAX_HEAD_BYTES:
                raise ConnectionLost("The headers are too long.")
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise ConnectionLost("This is not a response.") from error

    def end(self) -> None:
        """The connection was closed, which is how a response without a length ends."""
        if self.status is not None and not self._has_length():
            self.is_complete = True

    def take(self) -> bytes:
        """The next bytes of the body: what is left of a chunk, or what came together."""
        part = self._parts.popleft()
        self.unread_bytes -= len(part)
        return part

    def _has_length(self) -> bool:
        return "content-length" in self.headers or "transfer-encoding" in self.headers

    # What the parser calls.

    def on_message_begin(self) -> None:
        self.has_surplus = self.status is not None
        if not self.has_surplus:
            self.headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.status is not None:
            return  # of trailers, or of a second response
        lower, value = name.lower().decode("latin-1"), value.strip(b" \t")
        if lower == "transfer-encoding" and (lower in self.headers or value.lower() != b"chunked"):
            # No other coding was asked for (RFC 9112, 7), and what it does to the body is not known here.
            raise ConnectionLost("The body has another coding than chunked.")
        self.headers[lower] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200 and not self.has_surplus:
            self.status, self.keeps_alive = status, self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        if not self.is_complete:
            self._parts.append(body)
            self.unread_bytes += len(body)

    def on_message_complete(self) -> None:
        self.is_complete = self.status is not None


class HttpConnection(asyncio.Protocol):
    """One connection. A request begins with `send` and ends where `read` returns None, or with `abort`."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._response: ResponseParser | None = None
        self._failure: Exception | None = None
        self._is_closed = False
        self._reader: asyncio.Future[None] | None = None
        self._give_up_at = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._reads = True

    @property
    def is_reusable(self) -> bool:
        """Whether another request may be sent: the last one was sent and answered completely, and no more came."""
        response = self._response
        answered = response is None or (response.is_complete and response.keeps_alive and not response.has_surplus)
        is_open = not self._is_closed and not self.transport.is_closing()
        return answered and is_open and not self.transport.get_write_buffer_size()

    def send(self, head: bytes, body: bytes) -> None:
        """Sends a request, in one packet where it is small; the socket takes a large one as the other side reads it.
        Raises ConnectionLost."""
        self._response = ResponseParser()
        if self._is_closed:
            raise ConnectionLost from self._failure
        self.transport.writelines([head, body])

    async def read_head(self, seconds: float) -> tuple[int, dict[str, str]]:
        """The response's status and headers, whose names are in lower case. Raises ConnectionLost, ReadTimedOut."""
        response = self._asked()
        while response.status is None:
            await self._wait(seconds)
        return response.status, response.headers

    async def read(self, seconds: float) -> bytes | None:
        """The next bytes of the body, of one chunk at most; None at its end. Raises ConnectionLost, ReadTimedOut."""
        response = self._asked()
        while not response.unread_bytes:
            if response.is_complete:
                return None
            await self._wait(seconds)
        part = response.take()
        if not self._reads and response.unread_bytes <= MAX_UNREAD_BYTES:
            self._reads = True
            self.transport.resume_reading()
        return part

    def abort(self) -> None:
        """Closes it now, without a farewell of TLS that the other side may not answer."""
        self.transport.abort()

    def _asked(self) -> ResponseParser:
        if self._response is None:
            raise RuntimeError("Nothing was sent.")
        return self._response

    async def _wait(self, seconds: float) -> None:
        """Waits until something has come."""
        if self._is_closed:
            raise ConnectionLost from self._failure
        loop = asyncio.get_running_loop()
        self._reader = loop.create_future()
        self._give_up_at = loop.time() + seconds
        # A timer that comes sooner waits for the rest: setting one for each read took as long as the read.
        if self._watch is None or self._watch.when() > self._give_up_at:
            self._set_watch(loop)
        try:
            await self._reader
        finally:
            self._reader = None

    def _set_watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._end_watch()
        self._watch = loop.call_at(self._give_up_at, self._look)

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _look(self) -> None:
        """Ends a read that has waited for as long as it may."""
        self._watch = None
        if self._reader is None or self._reader.done():
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._give_up_at:
            self._set_watch(loop)
        else:
            self._reader.set_exception(ReadTimedOut())

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        response = self._response
        if response is None or response.is_complete:
            self._close(None)
            return
        try:
            response.feed(data)
        except ConnectionLost as error:
            self._close(error)
            return
        if self._reads and response.unread_bytes > MAX_UNREAD_BYTES:
            self._reads = False
            self.transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_closed:
            self._close(exc)

    def _close(self, failure: Exception | None) -> None:
        self._is_closed = True
        self._end_watch()
        self._failure = failure
        self.transport.abort()
        if failure is None and self._response is not None:
            self._response.end()
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
