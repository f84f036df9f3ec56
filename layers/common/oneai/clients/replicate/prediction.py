"""Requests about one prediction: its start, its stream, its state, its files, and its end."""

import asyncio
import base64
import json
from typing import Any
from urllib.parse import urlsplit

from oneai.clients import http
from oneai.clients.http import ConnectionLost, StreamedResponse
from oneai.clients.model_streams import lookup, turns
from oneai.clients.model_streams.numbers import object_in
from oneai.errors import OneAIError
from oneai.models.endpoint import Endpoint

OURS = ("replicate.com", "replicate.delivery")
# A prediction ends by itself after this, also where our process has ended.
CANCEL_AFTER = b"5m"
POLL_SECONDS = 0.5
# Of a prediction that was started, of its state with an output, and of a file.
START_BYTES, STATE_BYTES, FILE_BYTES = 4 * 1024 * 1024, 32 * 1024 * 1024, 20 * 1024 * 1024
MAX_FILES = 8
ENDED = frozenset({"succeeded", "failed", "canceled", "aborted"})
# The names of inputs by endpoint and model. A process asks few models.
_inputs: dict[tuple[str, str], frozenset[str] | None] = {}
MAX_KNOWN_INPUTS = 256


def headers(endpoint: Endpoint) -> dict[bytes, bytes]:
    """The headers that each request has."""
    return {b"authorization": b"Bearer " + endpoint.key.encode()}


def is_theirs(url: object, endpoint: Endpoint) -> bool:
    """Whether an address of a response is the provider's own: the key goes nowhere else."""
    host = urlsplit(url).hostname or "" if isinstance(url, str) else ""
    if host == urlsplit(endpoint.base_url).hostname:
        return True
    return str(url).startswith("https://") and any(host == each or host.endswith(f".{each}") for each in OURS)


def path_of(model: str) -> str:
    """The path at which a model is asked: an official one by `owner/name`, any other by its version."""
    return f"/models/{model}/predictions" if "/" in model and ":" not in model else "/predictions"


async def input_names(endpoint: Endpoint, model: str) -> frozenset[str] | None:
    """The names of a model's inputs, asked for once; None where they are not known."""
    key = (endpoint.base_url, model)
    if key not in _inputs and path_of(model) != "/predictions":
        try:
            status, body, _ = await lookup.get(endpoint, f"/models/{model}", headers(endpoint))
        except OneAIError:
            return None
        if len(_inputs) >= MAX_KNOWN_INPUTS:
            _inputs.clear()
        _inputs[key] = _names(body) if status == 200 else None
    return _inputs.get(key)


async def open_stream(endpoint: Endpoint, url: str) -> StreamedResponse:
    """The stream of a prediction. Raises ConnectionLost."""
    sent = {b"accept": b"text/event-stream", b"user-agent": b"oneai", **headers(endpoint)}
    head = http.RequestHead.of_get(url, sent, address=endpoint.address)
    return await http.get(head, idle_seconds=endpoint.piece_seconds)


async def fetch(endpoint: Endpoint, url: str) -> dict[str, Any]:
    """The state of a prediction. Raises ConnectionLost."""
    head = http.RequestHead.of_get(url, headers(endpoint), address=endpoint.address)
    response = await http.get(head, idle_seconds=lookup.SECONDS)
    return parse(await response.read_all(STATE_BYTES))


async def cancel(endpoint: Endpoint, url: str) -> None:
    """Ends a prediction, which ends its cost. A failure is ignored: `Cancel-After` ends it too."""
    try:
        async with asyncio.timeout(lookup.SECONDS):
            head = http.RequestHead.of_post(url, headers(endpoint), address=endpoint.address)
            (await http.post(head, b"", {}, idle_seconds=lookup.SECONDS)).close()
    except (ConnectionLost, TimeoutError):
        return


def parse(body: bytes) -> dict[str, Any]:
    """A prediction. Raises ConnectionLost for what is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ConnectionLost from error
    if not isinstance(value, dict):
        raise ConnectionLost("This is not a prediction.")
    return value


class PolledPrediction:
    """A prediction without a stream, in the shape of a response: one event with its state at the end, in which images
    are data URLs, because Replicate deletes its files after an hour."""

    status = 200
    headers: dict[str, str] = {}  # noqa: RUF012  never changed

    def __init__(self, endpoint: Endpoint, prediction: dict[str, Any]) -> None:
        self._endpoint, self._prediction = endpoint, prediction
        self._is_read = False

    async def read(self) -> bytes | None:
        """The event, once the prediction has ended; None after it. Raises ConnectionLost."""
        if self._is_read:
            return None
        url = object_in(self._prediction, "urls").get("get")
        while self._prediction.get("status") not in ENDED:
            if not is_theirs(url, self._endpoint):
                raise ConnectionLost("The address of the prediction is not the provider's.")
            await asyncio.sleep(POLL_SECONDS)
            self._prediction = await fetch(self._endpoint, str(url))
        self._is_read = True
        output = self._prediction.get("output")
        listed = output if isinstance(output, list) else [output]
        images = [await self._image(str(each)) for each in listed[:MAX_FILES] if is_file(each)]
        return b"event: prediction\ndata: %b\n\n" % json.dumps({**self._prediction, "images": images}).encode()

    async def read_error(self) -> bytes:
        """Nothing: a prediction that was accepted is no error."""
        return b""

    def close(self) -> None:
        """Nothing is open."""

    async def _image(self, url: str) -> str:
        if url.startswith("data:"):
            return url
        if not is_theirs(url, self._endpoint):
            raise ConnectionLost("The address of a file is not the provider's.")
        head = http.RequestHead.of_get(url, {b"user-agent": b"oneai"}, address=self._endpoint.address)
        response = await http.get(head, idle_seconds=self._endpoint.piece_seconds)
        if response.status != 200:
            response.close()
            raise ConnectionLost("A file cannot be fetched.")
        content = base64.b64encode(await response.read_all(FILE_BYTES)).decode()
        return f"data:{turns.image_type(content)};base64,{content}"


def is_file(value: object) -> bool:
    """Whether an output is a file."""
    return isinstance(value, str) and value.startswith(("https://", "http://", "data:image/"))


def _names(body: bytes) -> frozenset[str] | None:
    try:
        schema = json.loads(body)["latest_version"]["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return frozenset(schema) if isinstance(schema, dict) else None
