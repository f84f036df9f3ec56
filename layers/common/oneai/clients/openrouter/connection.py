"""HTTP to OpenRouter: address, headers, requests whose response is read as it comes, and those with a small one.

httpx is imported with the first request that has a small response, so that a cold start without one does not pay for
it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from oneai import request_context, request_stages, settings
from oneai.clients import http
from oneai.clients.http import ConnectionLost, ReadTimedOut
from oneai.clients.model_streams.sending import encode

if TYPE_CHECKING:
    import httpx

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


def connection_settings() -> ConnectionSettings:
    """The current settings."""
    return settings.read(ConnectionSettings)


def base_url() -> str:
    """The address of OpenRouter's API, as it is set."""
    return connection_settings().openrouter_base_url


async def post(
    path: str,
    body: dict[str, Any],
    key: str,
    on_sent: Callable[[], None],
    *,
    max_bytes: int | None = None,
    reuses_connection: bool = True,
    head_seconds: float | None = None,
) -> http.StreamedResponse:
    """Posts `body` and returns when the response's headers have arrived; `on_sent` is called when the request's headers
    are sent. Takes an idle connection if it `reuses_connection`. Waits at most `head_seconds` for the headers of the
    response, where that is less than for every other read. Raises ConnectionLost; RequestTooLarge if the body has
    more than `max_bytes`, before it is sent.
    """
    config = connection_settings()
    head = _head(config, path, key)
    content = encode(body, max_bytes)
    idle_seconds = float(config.openrouter_idle_seconds)
    return await http.post(
        head,
        content,
        _request_id_header(),
        idle_seconds=idle_seconds,
        on_sent=on_sent,
        reuses_connection=reuses_connection,
        head_seconds=head_seconds,
    )


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
        with request_stages.stage("models"):
            return await _client().request(
                method,
                _url(config, path),
                params=query,
                json=body,
                headers=_headers(config, key) | _request_id_header(),
                timeout=seconds,
            )
    except httpx.RequestError as error:
        raise _translate(error) from error


async def close() -> None:
    """Closes the connections of the running loop; the next call opens new ones."""
    http.close()
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def _client() -> "httpx.AsyncClient":
    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None:
        import httpx

        client = _clients[loop] = httpx.AsyncClient(
            limits=httpx.Limits(keepalive_expiry=55),
            # A proxy of the environment is not for a stand-in on this machine.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
        )
    return client


@settings.cached
def _head(config: ConnectionSettings, path: str, key: str) -> http.RequestHead:
    headers = {
        b"content-type": b"application/json",
        b"accept": b"text/event-stream",
        b"user-agent": b"oneai",
        **_headers(config, key),
    }
    return http.RequestHead.of_post(_url(config, path), headers)


def _url(config: ConnectionSettings, path: str) -> str:
    """The address of a path of the API."""
    return config.openrouter_base_url.rstrip("/") + path


def _headers(config: ConnectionSettings, key: str) -> dict[bytes, bytes]:
    """The same headers of every request, as bytes, because a site's name may be in any script."""
    texts = {
        b"authorization": f"Bearer {key}" if key else "",
        b"http-referer": config.site_url,
        b"x-openrouter-title": config.site_name,
        b"x-title": config.site_name,  # its name until 2026
    }
    return {name: " ".join(value.split()).encode() for name, value in texts.items() if value.strip()}


def _request_id_header() -> dict[bytes, bytes]:
    """The id of the request that is being answered, where there is one, without characters that no header may have."""
    request_id = request_context.request_id()
    return {} if request_id is None else {b"x-request-id": request_id.encode()}


def _translate(error: Exception) -> ConnectionLost:
    import httpx

    # A connection that cannot be made in time counts as lost.
    return ReadTimedOut() if isinstance(error, httpx.ReadTimeout) else ConnectionLost()
