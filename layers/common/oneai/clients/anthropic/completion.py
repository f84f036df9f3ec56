"""A streamed answer of Anthropic's Messages API."""

import re
from contextlib import AbstractAsyncContextManager
from typing import Any

from oneai.clients.anthropic import failures, request
from oneai.clients.anthropic.messages import FORM
from oneai.clients.anthropic.request import Way
from oneai.clients.anthropic.usage import UsageReader
from oneai.clients.model_streams.completion import RETRIES, stored_text
from oneai.clients.model_streams.direct import PostedCompletion, opened
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.finish_reasons import finish_reason
from oneai.clients.model_streams.frames import Frame
from oneai.clients.model_streams.numbers import object_in
from oneai.models import QuestionDeclined, direct_prices
from oneai.models.endpoint import Endpoint

VERSION = b"2023-06-01"
# Which of a question's ways to ask for thoughts a model accepts, as its refusals show. A process asks few
# models. Questions with other ways have an entry of their own: a refusal of one way shows nothing about the others.
_ways: dict[tuple[str, tuple[Way, ...]], int] = {}
MAX_KNOWN_WAYS = 256
# What a refusal of a way names. One that names a message or a signature is of one conversation.
_OF_THINKING = re.compile(r"thinking|adaptive|effort")
_OF_CONVERSATION = re.compile(r"messages[.:]|signature")


class AnthropicCompletion(PostedCompletion):
    """An answer of Anthropic, as `oneai.models.Completion` describes it."""

    service, name = "Anthropic", "anthropic"

    def _reset(self) -> None:
        super()._reset()
        self._usage = UsageReader()

    @property
    def _asked_model(self) -> str:
        return str(self._request.get("model"))

    @property
    def _way_key(self) -> tuple[str, tuple[Way, ...]]:
        return self._asked_model, request.ways(self._request)

    def _path(self) -> str:
        return "/messages"

    def _headers_sent(self) -> dict[bytes, bytes]:
        return headers(self._endpoint)

    def _body(self) -> dict[str, Any]:
        way = request.ways(self._request)[_ways.get(self._way_key, 0)]
        return request.body(self._request, thinking=way)

    def _refusal(self, status: int, body: bytes, headers: dict[str, str]) -> Failure:
        message = str(failures.error_in(body).get("message"))
        key, way = self._way_key, _ways.get(self._way_key, 0)
        is_of_way = _OF_THINKING.search(message) and not _OF_CONVERSATION.search(message)
        if status == 400 and is_of_way and way + 1 < len(key[1]) and self._ask_again():
            if len(_ways) >= MAX_KNOWN_WAYS:
                _ways.clear()
            _ways[key] = way + 1
        return failures.from_response(status, body, headers)

    def _process_frame(self, frame: Frame) -> None:
        kind = frame.get("type")
        if kind == "content_block_delta":
            self._add_delta(frame.get("index"), object_in(frame, "delta"))
        elif kind == "content_block_start":
            self._add_block(frame.get("index"), object_in(frame, "content_block"))
        elif kind == "message_start":
            message = object_in(frame, "message")
            self.generation_id, self.model = stored_text(message.get("id")), stored_text(message.get("model"))
            self._read_usage(message.get("usage"))
        elif kind == "message_delta":
            self._read_usage(frame.get("usage"))
            if reason := object_in(frame, "delta").get("stop_reason"):
                self._end(reason)
        elif kind == "message_stop":
            self._parser.done = True
        elif kind == "error" or "error" in frame:
            self._fail(failures.from_stream_error(frame, self._headers))

    def _add_block(self, index: object, block: dict[str, Any]) -> None:
        kind = block.get("type")
        if kind == "tool_use":
            place = {"extra_content": {"anthropic": {"index": index}}}
            # Most servers send an empty object here, and the arguments after it.
            arguments = block.get("input") or ""
            function = {"name": block.get("name"), "arguments": arguments}
            self._buffer.add({"tool_calls": [{"index": index, "id": block.get("id"), "function": function, **place}]})
        elif kind == "redacted_thinking":
            detail = {"type": "reasoning.encrypted", "data": block.get("data"), "format": FORM, "index": index}
            self._buffer.add_details([detail])
        elif kind == "text" and block.get("text"):
            self._buffer.add({"content": block["text"]})
        elif kind == "thinking" and (block.get("thinking") or block.get("signature")):
            self._think(index, block.get("thinking"), block.get("signature"))

    def _add_delta(self, index: object, delta: dict[str, Any]) -> None:
        kind = delta.get("type")
        if kind == "text_delta":
            self._buffer.add({"content": delta.get("text")})
        elif kind == "thinking_delta":
            self._think(index, delta.get("thinking"), None)
        elif kind == "signature_delta":
            self._think(index, None, delta.get("signature"))
        elif kind == "input_json_delta" and (text := delta.get("partial_json")):
            self._buffer.add({"tool_calls": [{"index": index, "function": {"arguments": text}}]})

    def _think(self, index: object, text: object, signature: object) -> None:
        """Adds thoughts, and what has to come back of them. A request may want only the latter."""
        found = {name: value for name, value in (("text", text), ("signature", signature)) if value}
        if not found:
            return
        detail = {"type": "reasoning.text", **found, "format": FORM, "index": index}
        is_shown = text and not (self._request.get("reasoning") or {}).get("exclude")
        if is_shown:
            self._buffer.add({"reasoning": text})
        self._buffer.add_details([detail])

    def _read_usage(self, usage: object) -> None:
        self.usage = direct_prices.with_cost(self._usage.read(usage), "anthropic", self.model or self._asked_model)

    def _end(self, reason: object) -> None:
        ours = finish_reason(reason)
        if ours == "content_filter" and not self._buffer.has_output:
            self._fail(Failure(QuestionDeclined()))
        else:
            self._finish(ours)


def headers(endpoint: Endpoint) -> dict[bytes, bytes]:
    """The headers that each request has."""
    return {b"x-api-key": endpoint.key.encode(), b"anthropic-version": VERSION}


def complete(
    body: dict[str, Any], endpoint: Endpoint, *, held_tokens: int | None = None, retries: int = RETRIES
) -> AbstractAsyncContextManager[AnthropicCompletion]:
    """A completion that sends its request when first iterated over. `body` is that of a chat completion, with
    Anthropic's name of the model."""
    return opened(AnthropicCompletion(body, endpoint, held_tokens=held_tokens, retries=retries))
