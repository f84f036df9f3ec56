"""Requests to OpenRouter whose responses are read as they come.

Straight on asyncio and llhttp: what an HTTP library adds to each request takes longer than the request.
"""

import asyncio
import json
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from oneai import settings
from oneai.clients.openrouter import connection
from oneai.clients.openrouter.connection import ConnectionLost, ConnectionSettings
from oneai.clients.openrouter.connection_pool import ConnectionPool, Origin, proxy_headers
from oneai.clients.openrouter.http_connection import HttpConnection

# Characters that no header may have (RFC 9110, 5.5); a line break would begin another one.
_NO_HEADER = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

# Of a compressed body: what one read inflates at most, and all of them. A few kilobytes may inflate to a gigabyte.
INFLATED_AT_ONCE, MOST_INFLATED = 64 * 1024, 128 * 1024 * 1024
# Of a body that is read as a whole, and of one that only says what is wrong.
MOST_BODY, MOST_ERROR = 64 * 1024 * 1024, 1024 * 1024

# Connections belong to the event loop they were made in.
_pools: "WeakKeyDictionary[asyncio.AbstractEventLoop, ConnectionPool]" = WeakKeyDictionary()


class RequestTooLarge(Exception):
    """The request has more bytes than it may have; it was not sent."""


class ResponseTooLarge(ConnectionLost):
    """The response has more bytes than are read of one; asking again would not help."""


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
        # Identity is requested; a response that is compressed all the same is decompressed.
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
        if self._inflated > MOST_INFLATED:
            raise ResponseTooLarge
        return part

    async def read_all(self, most_bytes: int = MOST_BODY) -> bytes:
        """The whole body. Raises ConnectionLost; ResponseTooLarge for one of more than `most_bytes`."""
        content = await self._read_until(most_bytes)
        if len(content) > most_bytes:
            raise ResponseTooLarge
        return content

    async def read_error(self) -> bytes:
        """The beginning of a body that says what is wrong. Raises ConnectionLost."""
        return await self._read_until(MOST_ERROR)

    async def _read_until(self, most_bytes: int) -> bytes:
        """The body; of a longer one a bit more than `most_bytes`."""
        parts, size = [], 0
        try:
            while size <= most_bytes and (part := await self.read()) is not None:
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
    path: str,
    body: dict[str, Any],
    key: str,
    on_sent: Callable[[], None],
    *,
    most_bytes: int | None = None,
    reuses_connection: bool = True,
) -> StreamedResponse:
    """Posts `body` and returns when the response's headers have arrived; `on_sent` is called when the request's headers
    are sent. Takes a connection that waits, if it `reuses_connection`. Raises ConnectionLost; RequestTooLarge where the
    body has more than `most_bytes`, before it is sent.
    """
    config = connection.connection_settings()
    origin, head = _head(config, path, key)
    # A lone surrogate cannot be sent; it becomes a question mark rather than a failure.
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if most_bytes is not None and len(content) > most_bytes:
        raise RequestTooLarge
    own = {b"content-length": b"%d" % len(content), **connection.request_id_header()}
    seconds = float(config.openrouter_idle_seconds)
    pool = _pool()
    opened = await pool.connect(origin, reuses=reuses_connection)
    try:
        on_sent()
        opened.send(b"".join([head, *(b"%b: %b\r\n" % each for each in own.items()), b"\r\n"]), content)
        status, received = await opened.read_head(seconds)
    except BaseException:
        opened.abort()
        raise
    return StreamedResponse(status, received, opened, lambda each: pool.release(origin, each), seconds)


def close() -> None:
    """Closes the connections of the running loop; the next call opens new ones."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        pool.close()


@settings.cached
def _head(config: ConnectionSettings, path: str, key: str) -> tuple[Origin, bytes]:
    """Where requests to this path go, and the lines that are the same in the head of each. Raises ConnectionLost."""
    url = urlsplit(connection.url_of(config, path))
    origin = Origin.of(url)
    headers = {
        b"host": origin.authority.encode(),
        b"content-type": b"application/json",
        b"accept": b"text/event-stream",
        b"accept-encoding": b"identity",
        b"user-agent": b"oneai",
        **connection.headers_of(config, key),
    }
    target = url.path
    if origin.proxy is not None and origin.is_asked_through_proxy:
        target = f"http://{origin.authority}{url.path}"
        headers |= proxy_headers(origin.proxy)
    lines = [b"POST %b HTTP/1.1\r\n" % target.encode(), *(b"%b: %b\r\n" % each for each in headers.items())]
    if any(_NO_HEADER.search(line[:-2]) for line in lines):
        raise ConnectionLost("A header has characters that none may have.")
    return origin, b"".join(lines)


def _pool() -> ConnectionPool:
    return _pools.setdefault(asyncio.get_running_loop(), ConnectionPool())
