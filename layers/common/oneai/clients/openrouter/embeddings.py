"""Embeddings: one request, one response."""

import asyncio
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oneai.clients.openrouter import connection, failures, keys, streamed
from oneai.clients.openrouter.connection import ConnectionLost, ReadTimedOut
from oneai.clients.openrouter.failures import KeyRefused
from oneai.clients.openrouter.usage import Usage, parse_usage
from oneai.errors import UpstreamError, UpstreamTimeout, UpstreamUnavailable

RETRIES = 2


@dataclass(frozen=True, slots=True)
class Embeddings:
    """A vector for each text of the input, in its order."""

    vectors: list[list[float]]
    usage: Usage | None
    model: str | None
    generation_id: str | None
    key_id: str | None  # names the key that was used (`keys.key_id`)


async def create_embeddings(request: dict[str, Any]) -> Embeddings:
    """Requests the embeddings of `request`, the JSON body, as floats. Raises OneAIError."""
    body = {
        **request,
        "encoding_format": "float",
        "provider": {"data_collection": connection.connection_settings().openrouter_data_collection},
    }
    refused: list[str] = []
    retries_left = RETRIES
    while True:
        key = keys.usable(refused)[0]
        try:
            response = await streamed.post("/embeddings", body, key, lambda: None)
            content = await response.read_all()
        except ReadTimedOut as error:
            raise UpstreamTimeout from error
        except ConnectionLost as error:
            if not retries_left:
                raise UpstreamUnavailable from error
            retries_left -= 1
            continue
        if response.status == 200:
            keys.accept(key)
            return _parse(content, len(request["input"]), key)
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


def _parse(content: bytes, count: int, key: str) -> Embeddings:
    """Raises UpstreamError where there is not a vector for each text."""
    try:
        body = json.loads(content)
        vectors = [
            [float(number) for number in each["embedding"]]
            for each in sorted(body["data"], key=lambda each: each["index"])
        ]
        usage = json.loads(content, parse_float=Decimal).get("usage")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UpstreamError from error
    if len(vectors) != count:
        raise UpstreamError
    model, generation_id = body.get("model"), body.get("id")
    return Embeddings(
        vectors,
        parse_usage(usage),
        model if isinstance(model, str) else None,
        generation_id if isinstance(generation_id, str) else None,
        keys.key_id(key) if key else None,
    )
