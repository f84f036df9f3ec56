"""Small requests, for which any of our keys will do: the catalogue, and the statistics of a generation; and whether
OpenRouter answers at all, which takes none."""

from typing import TYPE_CHECKING

from oneai.clients.http import ConnectionLost, ReadTimedOut
from oneai.clients.openrouter import connection, failures, keys
from oneai.clients.openrouter.failures import KeyRefused
from oneai.errors import UpstreamUnavailable

if TYPE_CHECKING:
    import httpx

REACH_SECONDS = 3.0


async def reach() -> None:
    """Raises UpstreamUnavailable where no answer comes, or one with a 5xx status. It is asked without a key, which it
    has to refuse."""
    try:
        response = await connection.request("GET", "/key", "", seconds=REACH_SECONDS)
    except ConnectionLost as error:
        raise UpstreamUnavailable from error
    if response.status_code >= 500:
        raise UpstreamUnavailable


async def get(path: str, *, seconds: float, of_any_account: bool = False, **query: str) -> "httpx.Response":
    """The response to the first key that is accepted; a refusal, if none is. Raises ConnectionLost.

    A broken connection is replaced once, because an idle one may be closed just as it is used again.
    `of_any_account`: if one key finds nothing (404), the next is tried, because keys may belong to several accounts.
    """
    accepted = None
    for key in keys.usable():
        response = await _request(path, key, seconds, query)
        if is_key_refused(response):
            keys.refuse(key)
            continue
        keys.accept(key)
        accepted = response
        if response.status_code != 404 or not of_any_account:
            break
    return accepted or response


async def _request(path: str, key: str, seconds: float, query: dict[str, str]) -> "httpx.Response":
    try:
        return await connection.request("GET", path, key, seconds=seconds, query=query)
    except ReadTimedOut:
        raise
    except ConnectionLost:
        return await connection.request("GET", path, key, seconds=seconds, query=query)


def is_key_refused(response: "httpx.Response") -> bool:
    """Whether the response refuses the key, and not the request."""
    if response.is_success:
        return False
    failure = failures.from_response(response.status_code, response.content, response.headers)
    return isinstance(failure.error, KeyRefused)
