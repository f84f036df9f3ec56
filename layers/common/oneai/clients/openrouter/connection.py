"""HTTP to OpenRouter: address, headers, timeouts. The only module that uses httpx.

httpx is imported with the first request, so that a cold start without one does not pay for it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from oneai import request_context, settings

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0

# A connection pool belongs to the event loop it was made in.
_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """OpenRouter's address, our names, and how long to wait."""

    openrouter_base_url: str = "https://openrouter.ai/api/v1"
    openrouter_data_collection: str = "deny"
    openrouter_idle_seconds: Decimal = Decimal(120)  # models may reason for a minute, during which comments arrive
    openrouter_retry_seconds: Decimal = Decimal("0.5")
    site_url: str = ""
    site_name: str = ""


class ConnectionLost(Exception):
    """The connection broke, or could not be made."""


class ReadTimedOut(ConnectionLost):
    """The connection exists, and nothing was received for too long."""


def connection_settings() -> ConnectionSettings:
    """The current settings."""
    return settings.read(ConnectionSettings)


class StreamedResponse:
    """An HTTP response whose headers have arrived and whose body has not."""

    __slots__ = ("_reads", "_response", "headers", "status")

    def __init__(self, response: "httpx.Response") -> None:
        self._response = response
        # Identity is requested; a response that is compressed all the same is decompressed.
        compressed = "content-encoding" in response.headers
        self._reads: AsyncIterator[bytes] = response.aiter_bytes() if compressed else response.aiter_raw()
        self.status = response.status_code
        self.headers = response.headers

    async def read(self) -> bytes | None:
        """The bytes of the next network read; None at the regular end. Raises ConnectionLost."""
        import httpx

        try:
            return await anext(self._reads, None)
        except httpx.RequestError as error:
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


async def request(
    method: str,
    path: str,
    key: str,
    *,
    seconds: float,
    query: dict[str, str] | None = None,
    body: dict[str, Any] | None = None,
) -> "httpx.Response":
    """A request with a small response, which is read completely. Raises ConnectionLost."""
    import httpx

    config = connection_settings()
    try:
        return await _client().request(
            method, _url(config, path), params=query, json=body, headers=_headers(config, key), timeout=seconds
        )
    except httpx.RequestError as error:
        raise _translate(error) from error


async def post(path: str, body: dict[str, Any], key: str, on_sent: Callable[[], None]) -> StreamedResponse:
    """Posts `body` and returns when the response's headers have arrived; `on_sent` is called when the request's headers
    are sent. Raises ConnectionLost.
    """
    import httpx

    async def trace(event: str, _: object) -> None:
        # Such as `http11.send_request_headers.complete`: the events of httpcore's trace extension.
        if event.endswith(".send_request_headers.complete"):
            on_sent()

    config = connection_settings()
    timeout = float(config.openrouter_idle_seconds)
    streaming_headers = {
        b"content-type": b"application/json",
        b"accept": b"text/event-stream",
        b"accept-encoding": b"identity",
    }
    request = _client().build_request(
        "POST",
        _url(config, path),
        # A lone surrogate cannot be sent; it becomes a question mark rather than a failure.
        content=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        headers=_headers(config, key) | streaming_headers,
        timeout=httpx.Timeout(timeout, connect=CONNECT_SECONDS),
        extensions={"trace": trace},
    )
    try:
        return StreamedResponse(await _client().send(request, stream=True))
    except httpx.RequestError as error:
        raise _translate(error) from error


async def close() -> None:
    """Closes the connections of the running loop; the next call opens new ones."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def _client() -> "httpx.AsyncClient":
    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None:
        import httpx

        client = _clients[loop] = httpx.AsyncClient(
            # Every open answer holds a connection: their number is limited per user.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=55),
            # A proxy of the environment is not for a stand-in on this machine.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
        )
    return client


def _url(config: ConnectionSettings, path: str) -> str:
    return config.openrouter_base_url.rstrip("/") + path


def _headers(config: ConnectionSettings, key: str) -> dict[bytes, bytes]:
    """Bytes, because a site's name may be in any script."""
    texts = {
        b"authorization": f"Bearer {key}" if key else "",
        b"http-referer": config.site_url,
        b"x-openrouter-title": config.site_name,
        b"x-title": config.site_name,  # its name until 2026
        b"x-request-id": request_context.request_id() or "",
    }
    return {name: " ".join(value.split()).encode() for name, value in texts.items() if value.strip()}


def _translate(error: Exception) -> ConnectionLost:
    import httpx

    # A connection that cannot be made in time counts as lost.
    return ReadTimedOut() if isinstance(error, httpx.ReadTimeout) else ConnectionLost()
