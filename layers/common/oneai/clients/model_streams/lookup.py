"""Small requests to direct providers: whether a key is accepted, and which models it may use."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from oneai.clients import http
from oneai.clients.http import ConnectionLost
from oneai.errors import UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models.endpoint import Endpoint
from oneai.models.pieces import repair

SECONDS = 10.0
MAX_BYTES = 4 * 1024 * 1024
# Names that strangers chose are passed on to clients.
MAX_MODELS, NAME_CHARACTERS = 2000, 200


async def get(endpoint: Endpoint, path: str, headers: Mapping[bytes, bytes]) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of a response. No redirect is followed. Raises UpstreamTimeout, UpstreamUnavailable."""
    sent = {b"accept": b"application/json", b"user-agent": b"oneai", **headers}
    try:
        async with asyncio.timeout(SECONDS):
            head = http.RequestHead.of_get(endpoint.url(path), sent, address=endpoint.address)
            response = await http.get(head, idle_seconds=SECONDS)
            return response.status, await response.read_all(MAX_BYTES), response.headers
    except TimeoutError as error:
        raise UpstreamTimeout from error
    except ConnectionLost as error:
        raise UpstreamUnavailable from error


def names(body: bytes, listed: str, name: str) -> tuple[str, ...]:
    """The names of the models in a body. Raises UpstreamError for one without such a list."""
    try:
        entries: Any = json.loads(body)[listed]
        found = [entry[name] for entry in entries[:MAX_MODELS]]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise UpstreamError from error
    return tuple(repair(each)[:NAME_CHARACTERS] for each in found if isinstance(each, str) and each)
