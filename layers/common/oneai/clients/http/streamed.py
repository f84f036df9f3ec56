"""Requests whose responses are read as they come, over a connection that waits or a new one."""

import asyncio
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from oneai.clients.http.connection import ConnectionLost, HttpConnection
from oneai.clients.http.connection_pool import ConnectionPool, Origin, proxy_headers

# A request line has a space on both sides of its target (RFC 9112, 3).
_TARGET = re.compile(rb"[\x21-\x7e]+")
# Characters that no header may have (RFC 9110, 5.5); a line break would begin another one.
_NO_HEADER = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

# Of a compressed body: what one read inflates at most, and all of them. A few kilobytes may inflate to a gigabyte.
INFLATED_AT_ONCE, MAX_INFLATED = 64 * 1024, 128 * 1024 * 1024
# Of a body that is read as a whole, and of one that only says what is wrong.
MAX_BODY, MAX_ERROR = 64 * 1024 * 1024, 1024 * 1024

# Connections belong to the event loop they were made in.
_pools: "WeakKeyDictionary[asyncio.AbstractEventLoop, ConnectionPool]" = WeakKeyDictionary()


class ResponseTooLarge(ConnectionLost):
    """The response has more bytes than are read of one; asking again would not help."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """Where requests go, and the lines that are the same in the head of each."""

    origin: Origin
    lines: bytes

    @classmethod
    def of_post(cls, url: str, headers: Mapping[bytes, bytes], *, address: str | None = None) -> Self:
        """The head of `POST` requests to `url`. `headers` are sent beside `host`, `accept-encoding` and those of the
        body.

        `address` is the IP address to connect to, where the caller has resolved and checked the name. The name stays
        what `host` and the server's certificate say. Raises ValueError where it is no IP address, and ConnectionLost
        where a header or `url` has characters that cannot be sent.
        """
        return cls._of(b"POST", url, headers, address)

    @classmethod
    def of_get(cls, url: str, headers: Mapping[bytes, bytes], *, address: str | None = None) -> Self:
        """The head of `GET` requests to `url`, as `of_post` has it."""
        return cls._of(b"GET", url, headers, address)

    @classmethod
    def _of(cls, method: bytes, url: str, headers: Mapping[bytes, bytes], address: str | None) -> Self:
        parts = urlsplit(url)
        origin = Origin.of(parts, address)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {b"host": origin.authority.encode(), b"accept-encoding": b"identity", **headers}
        if origin.proxy is not None and origin.is_asked_through_proxy:
            target = f"http://{origin.authority}{target}"
            sent |= proxy_headers(origin.proxy)
        if not _TARGET.fullmatch(encoded := target.encode()):
            raise ConnectionLost("The address has characters that none may have.")
        return cls(origin, b"%b %b HTTP/1.1\r\n" % (method, encoded) + _header_lines(sent))


class StreamedResponse:
    """An HTTP response whose headers have arrived and whose body has not."""

    __slots__ = ("_connection", "_inflate", "_inflated", "_release", "_seconds", "headers", "status")

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        connection: HttpConnection,
        release: Callable[[HttpConnection], None],
        seconds: float,
    ) -> None:
        self.status, self.headers = status, headers
        self._connection: HttpConnection | None = connection
        self._release, self._seconds = release, seconds
        # Identity is requested; if a response is compressed anyway, it is decompressed.
        compressed = headers.get("content-encoding") in ("gzip", "deflate")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32) if compressed else None
        self._inflated = 0

    async def read(self) -> bytes | None:
        """The next bytes, of one chunk at most, and of a compressed one INFLATED_AT_ONCE at most; None at the regular
        end. Raises ConnectionLost."""
        if self._connection is None:
            return None
        if self._inflate is not None and self._inflate.unconsumed_tail:
            # Nothing was waited for: others of the loop get their turn between the pieces of one chunk.
            await asyncio.sleep(0)
            return self._inflated_part(self._inflate.unconsumed_tail)
        data = await self._connection.read(self._seconds)
        if data is not None:
            return self._inflated_part(data)
        if self._inflate is not None and (rest := self._inflated_part(b"")):
            return rest
        self.close()
        return None

    def _inflated_part(self, data: bytes) -> bytes:
        if self._inflate is None:
            return data
        try:
            part = self._inflate.decompress(data, INFLATED_AT_ONCE)
        except zlib.error as error:
            raise ConnectionLost from error
        self._inflated += len(part)
        if self._inflated > MAX_INFLATED:
            raise ResponseTooLarge
        return part

    async def read_all(self, max_bytes: int = MAX_BODY) -> bytes:
        """The whole body. Raises ConnectionLost; ResponseTooLarge for one of more than `max_bytes`."""
        content = await self._read_until(max_bytes)
        if len(content) > max_bytes:
            raise ResponseTooLarge
        return content

    async def read_error(self) -> bytes:
        """The beginning of a body that says what is wrong. Raises ConnectionLost."""
        return await self._read_until(MAX_ERROR)

    async def _read_until(self, max_bytes: int) -> bytes:
        """The body; of a longer one a bit more than `max_bytes`."""
        parts, size = [], 0
        try:
            while size <= max_bytes and (part := await self.read()) is not None:
                parts.append(part)
                size += len(part)
        finally:
            self.close()
        return b"".join(parts)

    def close(self) -> None:
        """Closes the connection now, unless the response was read to its end; the next request may take it then."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._release(connection)


async def post(
    head: RequestHead,
    content: bytes,
    headers: Mapping[bytes, bytes],
    *,
    idle_seconds: float,
    on_sent: Callable[[], None] = lambda: None,
    reuses_connection: bool = True,
    head_seconds: float | None = None,
) -> StreamedResponse:
    """Posts `content` and returns when the response's headers have arrived. `headers` are those of this request alone.

    Each read waits `idle_seconds` at most, and those of the headers `head_seconds`, if it is stated. `on_sent` is
    called when the request's headers are sent. Takes an idle connection if it `reuses_connection`. Raises
    ConnectionLost.
    """
    own = _header_lines({b"content-length": b"%d" % len(content), **headers})
    return await _exchange(
        head, own, content, idle_seconds, on_sent, reuses_connection=reuses_connection, head_seconds=head_seconds
    )


async def get(head: RequestHead, *, idle_seconds: float) -> StreamedResponse:
    """Sends a request of `RequestHead.of_get` over a new connection, and returns when the response's headers have
    arrived. A redirect is a response like any other. Raises ConnectionLost."""
    return await _exchange(head, b"", b"", idle_seconds, lambda: None, reuses_connection=False)


async def _exchange(
    head: RequestHead,
    own: bytes,
    content: bytes,
    idle_seconds: float,
    on_sent: Callable[[], None],
    *,
    reuses_connection: bool,
    head_seconds: float | None = None,
) -> StreamedResponse:
    pool = _pools.setdefault(asyncio.get_running_loop(), ConnectionPool())
    opened = await pool.connect(head.origin, reuses=reuses_connection)
    try:
        on_sent()
        opened.send(b"%b%b\r\n" % (head.lines, own), content)
        status, received = await opened.read_head(
            idle_seconds if head_seconds is None else min(head_seconds, idle_seconds)
        )
    except BaseException:
        opened.abort()
        raise
    return StreamedResponse(status, received, opened, lambda each: pool.release(head.origin, each), idle_seconds)


def close() -> None:
    """Closes the connections of the running loop that wait for a request; the next request opens a new one."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        pool.close()


def _header_lines(headers: Mapping[bytes, bytes]) -> bytes:
    lines = [b"%b: %b" % each for each in headers.items()]
    if any(map(_NO_HEADER.search, lines)):
        raise ConnectionLost("A header has characters that none may have.")
    return b"".join([line + b"\r\n" for line in lines])
