"""Embeddings: one request, one response, whose vectors stay as they are sent: base64 of 32-bit floats.

A vector as a list of Python's floats takes eight times its bytes. So base64 is asked for, and where an upstream sends
numbers all the same, each vector is packed as soon as it is parsed.

A request that was sent and not refused may be billed, whether its response arrives or not. It is never sent again:
`UpstreamBill` says so, and its caller counts it.
"""

import asyncio
import base64
import binascii
import json
import sys
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from oneai import request_stages
from oneai.clients.openrouter import connection, failures, keys, streamed
from oneai.clients.openrouter.connection import ConnectionLost, ReadTimedOut
from oneai.clients.openrouter.failures import KeyRefused
from oneai.clients.openrouter.streamed import ResponseTooLarge
from oneai.clients.openrouter.unicode import repair
from oneai.clients.openrouter.usage import Usage, parse_usage
from oneai.errors import UpstreamError, UpstreamTimeout, UpstreamUnavailable

RETRIES = 2
# The lease of its reservation is five minutes.
SECONDS = 240.0

# Large bodies are parsed and written one after the other, beside the event loop: so are their copies in memory.
_one_at_a_time = ThreadPoolExecutor(1, thread_name_prefix="embeddings")


@dataclass(slots=True)
class UpstreamBill:
    """What is known of a request that may be billed, also after it failed or was cancelled.

    `is_sent`: it was sent, and not refused. `usage` is what the upstream states, None where it states nothing.
    `key_id` names our key (`keys.key_id`).
    """

    is_sent: bool = False
    usage: Usage | None = None
    model: str | None = None
    generation_id: str | None = None
    key_id: str | None = None

    def send(self) -> None:
        """The request is sent now."""
        self.is_sent = True


async def create_embeddings(request: dict[str, Any], bill: UpstreamBill) -> list[str]:
    """A vector for each text of `request`, the JSON body, in the order of its input: base64 of 32-bit floats, little
    endian. Fills `bill`. Raises UpstreamError for a response that lacks vectors, and other OneAIErrors."""
    body = {
        **request,
        "encoding_format": "base64",
        "provider": {"data_collection": connection.connection_settings().openrouter_data_collection},
    }
    try:
        async with asyncio.timeout(SECONDS):
            with request_stages.stage("models"):
                content = await _request(body, bill)
            return await beside_the_loop(_parse, content, len(request["input"]), bill)
    except TimeoutError as error:
        raise UpstreamTimeout from error


async def beside_the_loop[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `work`, done in the one thread that parses and writes vectors."""
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_one_at_a_time, lambda: context.run(work, *args, **kwargs))


def decode_vector(encoded: str) -> "array[float]":
    """The numbers of a vector in base64."""
    vector = array("f", base64.b64decode(encoded))
    if sys.byteorder == "big":
        vector.byteswap()
    return vector


async def _request(body: dict[str, Any], bill: UpstreamBill) -> bytes:
    """The body of the response. A request that was refused, or could not be sent, is made again. Raises OneAIError."""
    refused: list[str] = []
    retries_left = RETRIES
    while True:
        key = keys.usable(refused)[0]
        bill.key_id = keys.key_id(key) if key else None
        try:
            # On a connection of its own: one that waited may be closed while it is used, which looks as if the
            # upstream had read the request.
            response = await streamed.post("/embeddings", body, key, bill.send, reuses_connection=False)
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


def _parse(content: bytes, count: int, bill: UpstreamBill) -> list[str]:
    """Raises UpstreamError where there is not a vector for each text."""
    try:
        # Each object is packed before the next one is parsed.
        body = json.loads(content, object_hook=_packed)
        bill.usage = parse_usage(body.get("usage"))
        bill.model, bill.generation_id = (_text(body.get(name)) for name in ("model", "id"))
        encoded = [each["embedding"] for each in sorted(body["data"], key=lambda each: each["index"])]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UpstreamError from error
    if len(encoded) != count or not all(isinstance(each, str) for each in encoded):
        raise UpstreamError
    return encoded


def _text(value: object) -> str | None:
    """A name with only characters that can be stored."""
    return repair(value) if value and isinstance(value, str) else None


def _packed(item: dict[str, Any]) -> dict[str, Any]:
    """An object of the response; the vector that it may have as base64. Raises ValueError and TypeError for one that is
    none."""
    vector = item.get("embedding")
    if isinstance(vector, list):
        numbers = array("f", vector)
        if sys.byteorder == "big":
            numbers.byteswap()
        return {**item, "embedding": base64.b64encode(numbers.tobytes()).decode()}
    if isinstance(vector, str):
        _require_vector(vector)
    return item


def _require_vector(encoded: str) -> None:
    """Raises ValueError for a text that is no base64 of 32-bit floats."""
    try:
        size = len(base64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise ValueError("a vector is not base64") from error
    if not size or size % 4:
        raise ValueError("a vector is not made of 32-bit floats")
