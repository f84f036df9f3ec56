"""Requests to OpenRouter whose responses are read as they come.

Straight on httpcore, which httpx is built on: cookies, redirects and the rest of a browser's manners, which httpx adds
to each request, take longer than the request. httpcore is imported with the first request.
"""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from oneai.clients.openrouter import connection
from oneai.clients.openrouter.connection import ConnectionLost, ReadTimedOut

if TYPE_CHECKING:
    import httpcore

CONNECT_SECONDS = 5.0
# Every open answer holds a connection: their number is limited per user. These are the ones that wait for a request.
IDLE_CONNECTIONS = 20
IDLE_SECONDS = 55.0

# A pool belongs to the event loop it was made in; one for each proxy, None for no proxy.
_pools: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str | None, httpcore.AsyncConnectionPool]]" = (
    WeakKeyDictionary()
)


class StreamedResponse:
    """An HTTP response whose headers have arrived and whose body has not."""

    __slots__ = ("_inflate", "_reads", "_response", "headers", "status")

    def __init__(self, response: "httpcore.Response") -> None:
        self._response = response
        self._reads: AsyncIterator[bytes] = response.aiter_stream()
        self.status = response.status
        self.headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
        # Identity is requested; a response that is compressed all the same is decompressed.
        compressed = self.headers.get("content-encoding") in ("gzip", "deflate")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32) if compressed else None

    async def read(self) -> bytes | None:
        """The bytes of the next network read; None at the regular end. Raises ConnectionLost."""
        try:
            data = await anext(self._reads, None)
            return data if data is None or self._inflate is None else self._inflate.decompress(data)
        except _lost() as error:
            raise _translate(error) from error

    async def read_all(self) -> bytes:
        """The whole body. Raises ConnectionLost."""
        parts = []
        while (part := await self.read()) is not None:
            parts.append(part)
        return b"".join(parts)

    async def close(self) -> None:
        """Closes it now, without reading the rest."""
        await self._response.aclose()


class _Body:
    """A request's body, which is asked for when the headers are sent: `on_sent` is called then."""

    def __init__(self, content: bytes, on_sent: Callable[[], None]) -> None:
        self._content, self._on_sent = content, on_sent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._on_sent()
        yield self._content


async def post(path: str, body: dict[str, Any], key: str, on_sent: Callable[[], None]) -> StreamedResponse:
    """Posts `body` and returns when the response's headers have arrived; `on_sent` is called when the request's headers
    are sent. Raises ConnectionLost.
    """
    import httpcore

    config = connection.connection_settings()
    url = httpcore.URL(connection.url_of(config, path))
    # A lone surrogate cannot be sent; it becomes a question mark rather than a failure.
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    headers = {
        b"host": url.host if url.port is None else b"%b:%d" % (url.host, url.port),
        b"content-type": b"application/json",
        b"content-length": str(len(content)).encode(),
        b"accept": b"text/event-stream",
        b"accept-encoding": b"identity",
        b"user-agent": b"oneai",
        **connection.headers_of(config, key),
    }
    seconds = float(config.openrouter_idle_seconds)
    timeouts = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
    request = httpcore.Request(
        "POST", url, headers=list(headers.items()), content=_Body(content, on_sent), extensions={"timeout": timeouts}
    )
    try:
        return StreamedResponse(await _pool(url).handle_async_request(request))
    except _lost() as error:
        raise _translate(error) from error


async def close() -> None:
    """Closes the connections of the running loop; the next call opens new ones."""
    for pool in _pools.pop(asyncio.get_running_loop(), {}).values():
        await pool.aclose()


def _pool(url: "httpcore.URL") -> "httpcore.AsyncConnectionPool":
    proxy = _proxy(url.scheme.decode(), url.host.decode())
    pools = _pools.setdefault(asyncio.get_running_loop(), {})
    if proxy not in pools:
        pools[proxy] = _new_pool(proxy)
    return pools[proxy]


def _new_pool(proxy: str | None) -> "httpcore.AsyncConnectionPool":
    import httpcore
    import httpx

    from oneai.clients.openrouter.network import AsyncioBackend

    through = None
    if proxy is not None:
        parsed = httpx.Proxy(proxy)
        through = httpcore.Proxy(str(parsed.url), auth=parsed.raw_auth)
    return httpcore.AsyncConnectionPool(
        ssl_context=httpx.create_ssl_context(),
        proxy=through,
        max_connections=None,
        max_keepalive_connections=IDLE_CONNECTIONS,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=AsyncioBackend(),
    )


@cache
def _proxy(scheme: str, host: str) -> str | None:
    """The proxy of the environment for this host; one is not for a stand-in on this machine."""
    from urllib.request import getproxies, proxy_bypass

    if host in ("127.0.0.1", "localhost") or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all")


@cache
def _lost() -> tuple[type[Exception], ...]:
    """What httpcore raises where a connection breaks or cannot be made, and zlib where a body is cut."""
    import httpcore

    return (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
        zlib.error,
    )


def _translate(error: Exception) -> ConnectionLost:
    import httpcore

    # A connection that cannot be made in time counts as lost.
    return ReadTimedOut() if isinstance(error, httpcore.ReadTimeout) else ConnectionLost()
