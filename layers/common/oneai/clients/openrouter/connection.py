"""The one connection to OpenRouter of this process: address, key, headers, timeouts. Only here is httpx known.

It is imported when OpenRouter is first asked: a cold start that never asks does not pay for it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from oneai import settings

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0

# A connection pool belongs to the loop it was made in; whoever runs several loops has several.
_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Address:
    """Where OpenRouter is, who we are to it, and how patient we are."""

    openrouter_api_key: str = ""
    openrouter_base_url: str = "https://openrouter.ai/api/v1"
    openrouter_data_collection: str = "deny"
    openrouter_idle_seconds: Decimal = Decimal(120)  # models may think for a minute, and comments break the silence
    openrouter_retry_seconds: Decimal = Decimal("0.5")
    site_url: str = ""
    site_name: str = ""


class Lost(Exception):
    """The wire broke, or was never there."""


class Silent(Lost):
    """The wire is there, and nothing came over it for too long."""


def address() -> Address:
    """The settings of this door, as they are now: a key may be changed while we run."""
    return settings.read(Address)


class Answer:
    """An HTTP answer whose headers are here and whose body is still coming."""

    __slots__ = ("_reads", "_response", "headers", "status")

    def __init__(self, response: "httpx.Response") -> None:
        self._response = response
        # We ask for identity; who compresses all the same is understood.
        compressed = "content-encoding" in response.headers
        self._reads: AsyncIterator[bytes] = response.aiter_bytes() if compressed else response.aiter_raw()
        self.status = response.status_code
        self.headers = response.headers

    async def read(self) -> bytes | None:
        """What the network brought next; None at the orderly end. Raises Lost."""
        import httpx

        try:
            return await anext(self._reads, None)
        except httpx.RequestError as error:
            raise _in_our_words(error) from error

    async def whole(self) -> bytes:
        """The whole body. Raises Lost."""
        parts = []
        while (part := await self.read()) is not None:
            parts.append(part)
        return b"".join(parts)

    async def close(self) -> None:
        """Ends it now, however much was still to come."""
        await self._response.aclose()


async def get(path: str, *, seconds: float, **query: str) -> "httpx.Response":
    """One small request, answered whole. Raises Lost."""
    import httpx

    here = address()
    try:
        return await _client().get(_url(here, path), params=query, headers=_headers(here), timeout=seconds)
    except httpx.RequestError as error:
        raise _in_our_words(error) from error


async def post(path: str, body: dict[str, Any], on_sent: Callable[[], None]) -> Answer:
    """Posts `body` and returns as soon as the headers are here; `on_sent` is called when the first of it has left.

    Raises Lost.
    """
    import httpx

    async def watch(event: str, _: object) -> None:
        # Such as `http11.send_request_headers.complete`: the events of httpcore's trace extension.
        if event.endswith(".send_request_headers.complete"):
            on_sent()

    here = address()
    patience = float(here.openrouter_idle_seconds)
    streamed = {b"content-type": b"application/json", b"accept": b"text/event-stream", b"accept-encoding": b"identity"}
    request = _client().build_request(
        "POST",
        _url(here, path),
        # A lone surrogate cannot be sent; it becomes a question mark rather than a failure.
        content=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        headers=_headers(here) | streamed,
        timeout=httpx.Timeout(patience, connect=CONNECT_SECONDS),
        extensions={"trace": watch},
    )
    try:
        return Answer(await _client().send(request, stream=True))
    except httpx.RequestError as error:
        raise _in_our_words(error) from error


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
            # Every open answer holds a connection: the number of answers is limited elsewhere.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=55),
            # A proxy of the environment is for the world outside, not for a stand-in on this machine.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
        )
    return client


def _url(here: Address, path: str) -> str:
    return here.openrouter_base_url.rstrip("/") + path


def _headers(here: Address) -> dict[bytes, bytes]:
    """Bytes, because a site's name may be in any script."""
    named = {
        b"authorization": f"Bearer {here.openrouter_api_key}" if here.openrouter_api_key.strip() else "",
        b"http-referer": here.site_url,
        b"x-openrouter-title": here.site_name,
        b"x-title": here.site_name,  # its name until 2026
    }
    return {name: " ".join(value.split()).encode() for name, value in named.items() if value.strip()}


def _in_our_words(error: Exception) -> Lost:
    import httpx

    # A connection that cannot be made in time is lost; only one that is there can be silent.
    return Silent() if isinstance(error, httpx.ReadTimeout) else Lost()
