"""A request for embeddings to a direct provider: it is sent once, because it may be billed without a response."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from oneai.clients import http
from oneai.clients.http import ConnectionLost, ReadTimedOut, ResponseTooLarge
from oneai.clients.model_streams.direct import request_head
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.sending import encode
from oneai.errors import UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models.embeddings import UpstreamBill
from oneai.models.endpoint import Endpoint

SECONDS = 240.0


async def send(
    endpoint: Endpoint,
    path: str,
    headers: Mapping[bytes, bytes],
    body: dict[str, Any],
    bill: UpstreamBill,
    *,
    refusal: Callable[[int, bytes, Mapping[str, str]], Failure],
) -> bytes:
    """The body of the response. Fills `bill`. Raises OneAIError."""
    bill.key_id = endpoint.key_id
    try:
        async with asyncio.timeout(SECONDS):
            # On a new connection: an idle one may be closed while it is used, which looks as if the request was read.
            response = await http.post(
                request_head(endpoint, path, {b"accept": b"application/json", **headers}),
                encode(body),
                {},
                idle_seconds=SECONDS,
                on_sent=bill.send,
                reuses_connection=False,
            )
            bill.is_sent = response.status == 200
            content = await (response.read_all() if bill.is_sent else response.read_error())
    except ResponseTooLarge as error:
        raise UpstreamError from error
    except (ReadTimedOut, TimeoutError) as error:
        raise UpstreamTimeout from error
    except ConnectionLost as error:
        raise UpstreamUnavailable from error
    if not bill.is_sent:
        raise refusal(response.status, content, response.headers).error
    return content
