"""Embeddings: one request, one response, whose vectors stay as they are sent: base64 of 32-bit floats.

A vector as a list of Python's floats takes eight times its bytes. So base64 is requested. If an upstream sends numbers
anyway, each vector is packed as soon as it is parsed.

A request that was sent and not refused may be billed, with or without a response. It is never sent again.
`UpstreamBill` records it, and the caller settles it.
"""

import asyncio
from typing import Any

from oneai import request_stages
from oneai.clients.http import ConnectionLost, ReadTimedOut, ResponseTooLarge
from oneai.clients.model_streams import vectors
from oneai.clients.openrouter import connection, failures, keys
from oneai.clients.openrouter.failures import KeyRefused
from oneai.clients.openrouter.usage import parse_usage
from oneai.errors import UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models.embeddings import UpstreamBill, beside_the_loop
from oneai.models.pieces import repair

RETRIES = 2
# The lease of its reservation is five minutes.
SECONDS = 240.0


async def create_embeddings(request: dict[str, Any], bill: UpstreamBill) -> list[str]:
    """A vector for each text of `request`, the JSON body, in the order of its input: base64 of 32-bit floats, little
    endian. Fills `bill`. Raises UpstreamError if the response lacks vectors, and other OneAIErrors."""
    body = {
        **request,
        "encoding_format": "base64",
        "provider": {"data_collection": connection.connection_settings().openrouter_data_collection},
    }
    try:
        async with asyncio.timeout(SECONDS):
            with request_stages.stage("models"):
                content = await _request(body, bill)
            return await beside_the_loop(parse, content, len(request["input"]), bill)
    except TimeoutError as error:
        raise UpstreamTimeout from error


async def _request(body: dict[str, Any], bill: UpstreamBill) -> bytes:
    """The body of the response. A request that was refused or could not be sent is repeated. Raises OneAIError."""
    refused: list[str] = []
    retries_left = RETRIES
    while True:
        key = keys.usable(refused)[0]
        bill.key_id = keys.key_id(key) if key else None
        try:
            # On a new connection: an idle one may be closed while it is used, which looks as if the upstream had read
            # the request.
            response = await connection.post("/embeddings", body, key, bill.send, reuses_connection=False)
            bill.is_sent = response.status == 200
            content = await (response.read_all() if bill.is_sent else response.read_error())
        except ResponseTooLarge as error:
            raise UpstreamError from error
        except ReadTimedOut as error:
            raise UpstreamTimeout from error
        except ConnectionLost as error:
            if bill.is_sent or not retries_left:
                raise UpstreamUnavailable from error
            retries_left -= 1
            continue
        if bill.is_sent:
            keys.accept(key)
            return content
        failure = failures.from_response(response.status, content, response.headers)
        if isinstance(failure.error, KeyRefused):
            keys.refuse(key)
            refused.append(key)
            if keys.usable(refused):
                continue
        if not retries_left or not failure.retryable:
            raise failure.error
        retries_left -= 1
        await asyncio.sleep(failure.wait or float(connection.connection_settings().openrouter_retry_seconds))


def parse(content: bytes, count: int, bill: UpstreamBill) -> list[str]:
    """The vectors of a response. Fills `bill`. Raises UpstreamError where there is not a vector for each text."""
    try:
        body = vectors.parse(content)
        bill.usage = parse_usage(body.get("usage"))
        bill.model, bill.generation_id = (_text(body.get(name)) for name in ("model", "id"))
        return vectors.in_order(body, count)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UpstreamError from error


def _text(value: object) -> str | None:
    """A name with only characters that can be stored."""
    return repair(value) if value and isinstance(value, str) else None
