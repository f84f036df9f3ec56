"""A prediction of Replicate as a completion.

Its usage comes only with its state after the end. A prediction that is left is cancelled, or it would go on and cost.
"""

import asyncio
import json
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, cast

from oneai.clients import http
from oneai.clients.http import ConnectionLost, StreamedResponse
from oneai.clients.model_streams.completion import RETRIES, stored_text
from oneai.clients.model_streams.direct import DirectCompletion, opened, request_head
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.frames import Frame, FrameParser
from oneai.clients.model_streams.numbers import object_in, parse_count
from oneai.clients.model_streams.sending import encode
from oneai.clients.replicate import failures, prediction, request
from oneai.clients.replicate.events import EventParser
from oneai.clients.replicate.prediction import PolledPrediction
from oneai.errors import UpstreamError
from oneai.models import Usage, direct_prices
from oneai.models.endpoint import Endpoint

# For the state after the end, which may lag behind the stream.
METRICS_TRIES, METRICS_SECONDS = 4, 2.0


class ReplicateCompletion(DirectCompletion):
    """A prediction, as `oneai.models.Completion` describes it."""

    service, name = "Replicate", "replicate"

    def _reset(self) -> None:
        super()._reset()
        self._prediction: dict[str, Any] = {}
        self._has_ended = False

    def _new_parser(self) -> FrameParser:
        return cast("FrameParser", EventParser())

    def _refusal(self, status: int, body: bytes, headers: dict[str, str]) -> Failure:
        return failures.from_response(status, body, headers)

    async def _send(self) -> StreamedResponse:
        model = str(self._request.get("model"))
        given = request.inputs(self._request, await prediction.input_names(self._endpoint, model))
        draws = "image" in (self._request.get("modalities") or ())
        body: dict[str, Any] = {"input": given, "stream": not draws}
        path = prediction.path_of(model)
        if path == "/predictions":
            body["version"] = model.rpartition(":")[2]
        sent = {**prediction.headers(self._endpoint), b"cancel-after": prediction.CANCEL_AFTER}
        head = request_head(self._endpoint, path, {**sent, b"accept": b"application/json"})
        seconds = self._endpoint.piece_seconds
        content = encode(body, self._max_bytes)
        response = await http.post(head, content, {}, idle_seconds=seconds, on_sent=self._on_sent)
        if response.status not in (200, 201, 202):
            return response
        self._prediction = prediction.parse(await response.read_all(prediction.START_BYTES))
        self.generation_id = stored_text(self._prediction.get("id"))
        self.model = stored_text(self._prediction.get("model"))
        stream = object_in(self._prediction, "urls").get("stream")
        if draws or not prediction.is_theirs(stream, self._endpoint):
            return cast("StreamedResponse", PolledPrediction(self._endpoint, self._prediction))
        return await prediction.open_stream(self._endpoint, str(stream))

    def _process_frame(self, frame: Frame) -> None:
        kind, data = frame.get("event"), str(frame.get("data"))
        if kind == "output":
            self._buffer.add({"content": data})
        elif kind == "error":
            self._fail(failures.from_prediction(data))
        elif kind == "done":
            self._has_ended = self._parser.done = True
            reason = _object(data).get("reason")
            if reason in ("canceled", "error"):
                self._fail(Failure(UpstreamError()))
            else:
                self._finish("stop")
        elif kind == "prediction":
            self._has_ended = self._parser.done = True
            self._read_prediction(_object(data))

    def _read_prediction(self, state: dict[str, Any]) -> None:
        """Reads the state of a prediction that has ended, with its output."""
        self._prediction = state
        output = state.get("output")
        listed = output if isinstance(output, list) else [output]
        for text in listed:
            if isinstance(text, str) and not prediction.is_file(text):
                self._buffer.add({"content": text})
        self._buffer.add({"images": [{"image_url": {"url": url}} for url in state.get("images") or ()]})
        self._read_metrics(state)
        if state.get("status") == "succeeded":
            self._finish("stop")
        else:
            self._fail(failures.from_prediction(state.get("error")))

    async def _finish_iteration(self) -> None:
        if self._has_ended and self.usage is None and not self._prediction.get("metrics"):
            await self._fetch_metrics()
        await super()._finish_iteration()

    async def _fetch_metrics(self) -> None:
        url = object_in(self._prediction, "urls").get("get")
        if not prediction.is_theirs(url, self._endpoint):
            return
        with suppress(ConnectionLost, TimeoutError):
            async with asyncio.timeout(METRICS_SECONDS):
                for _ in range(METRICS_TRIES):
                    state = await prediction.fetch(self._endpoint, str(url))
                    if state.get("status") in prediction.ENDED:
                        self._read_metrics(state)
                        return
                    await asyncio.sleep(prediction.POLL_SECONDS / 2)

    def _read_metrics(self, state: dict[str, Any]) -> None:
        metrics = object_in(state, "metrics")
        counts = [metrics.get("input_token_count"), metrics.get("output_token_count")]
        if any(isinstance(each, int) for each in counts):
            prompt, completion = map(parse_count, counts)
            usage = Usage(prompt, completion, 0, 0, cost_micro_usd=None)
            self.usage = direct_prices.with_cost(usage, "replicate", str(self._request.get("model")))
            limit = self._request.get("max_tokens")
            if limit and completion >= limit and self.finish_reason in (None, "stop"):
                self.finish_reason = "length"

    async def close(self) -> None:
        """Closes the connection, and cancels a prediction that has not ended."""
        await super().close()
        url = object_in(self._prediction, "urls").get("cancel")
        if self._prediction and not self._has_ended and prediction.is_theirs(url, self._endpoint):
            self._has_ended = True
            await asyncio.shield(prediction.cancel(self._endpoint, str(url)))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def complete(
    body: dict[str, Any], endpoint: Endpoint, *, held_tokens: int | None = None, retries: int = RETRIES
) -> AbstractAsyncContextManager[ReplicateCompletion]:
    """A completion that sends its request when first iterated over. `body` is that of a chat completion, with the
    model's `owner/name`. Its tools are left out."""
    return opened(ReplicateCompletion(body, endpoint, held_tokens=held_tokens, retries=retries))
