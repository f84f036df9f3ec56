"""A streamed answer of Gemini's `streamGenerateContent`.

A stream has no end of its own: it is over with a chunk that has a `finishReason`. Calls of functions come whole.
"""

import json
import re
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote

from oneai.clients.gemini import failures, request
from oneai.clients.gemini.request import FORM, Way
from oneai.clients.model_streams.completion import RETRIES, stored_text
from oneai.clients.model_streams.direct import PostedCompletion, opened
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.finish_reasons import finish_reason
from oneai.clients.model_streams.frames import Frame
from oneai.clients.model_streams.numbers import object_in, parse_count
from oneai.models import QuestionDeclined, Usage, direct_prices
from oneai.models.endpoint import Endpoint

# Which of a question's ways to ask for thoughts a model accepts, as its refusals show. A process asks few
# models. Questions with other ways have an entry of their own: a refusal of one way shows nothing about the others.
_ways: dict[tuple[str, tuple[Way, ...]], int] = {}
MAX_KNOWN_WAYS = 256
_THINKING = re.compile(r"thinking|thought", re.IGNORECASE)
# A signature that is missing is no way of thinking.
_SIGNATURE = re.compile(r"thought.?signature", re.IGNORECASE)


class GeminiCompletion(PostedCompletion):
    """An answer of Gemini, as `oneai.models.Completion` describes it."""

    service, name = "Gemini", "gemini"

    def _reset(self) -> None:
        super()._reset()
        self._calls = 0
        # Each chunk states the usage so far. It is counted and priced when it is asked for.
        self._stated: dict[str, Any] | None = None

    @property
    def usage(self) -> Usage | None:
        """The usage so far."""
        stated, self._stated = self._stated, None
        if stated is not None:
            model = self.model or self._asked_model
            self._usage = direct_prices.with_cost(_counted_tokens(stated), "gemini", model)
        return self._usage

    @usage.setter
    def usage(self, usage: Usage | None) -> None:
        self._usage, self._stated = usage, None

    @property
    def _asked_model(self) -> str:
        return str(self._request.get("model"))

    @property
    def _way_key(self) -> tuple[str, tuple[Way, ...]]:
        return self._asked_model, request.ways(self._request)

    def _path(self) -> str:
        return f"/models/{quote(self._asked_model, safe='')}:streamGenerateContent?alt=sse"

    def _headers_sent(self) -> dict[bytes, bytes]:
        return headers(self._endpoint)

    def _body(self) -> dict[str, Any]:
        way = request.ways(self._request)[_ways.get(self._way_key, 0)]
        return request.body(self._request, thinking=way)

    def _refusal(self, status: int, body: bytes, headers: dict[str, str]) -> Failure:
        message = str(failures.error_in(body).get("message"))
        key, way = self._way_key, _ways.get(self._way_key, 0)
        is_of_way = _THINKING.search(message) and not _SIGNATURE.search(message)
        if status == 400 and is_of_way and way + 1 < len(key[1]) and self._ask_again():
            if len(_ways) >= MAX_KNOWN_WAYS:
                _ways.clear()
            _ways[key] = way + 1
        return failures.from_response(status, body, headers)

    def _process_frame(self, frame: Frame) -> None:
        self.generation_id = self.generation_id or stored_text(frame.get("responseId"))
        self.model = stored_text(frame.get("modelVersion")) or self.model
        if error := frame.get("error"):
            self._fail(failures.from_stream_error(error, self._headers))
        stated = frame.get("usageMetadata")
        if isinstance(stated, dict) and "promptTokenCount" in stated:
            self._stated = stated
        if object_in(frame, "promptFeedback").get("blockReason"):
            self._fail(Failure(QuestionDeclined()))
        candidates = frame.get("candidates")
        if candidates and isinstance(candidates, list) and isinstance(candidates[0], dict):
            self._add_candidate(candidates[0])

    def _add_candidate(self, candidate: dict[str, Any]) -> None:
        parts = object_in(candidate, "content").get("parts")
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                self._add_part(part)
        if reason := candidate.get("finishReason"):
            self._end(str(reason))

    def _add_part(self, part: dict[str, Any]) -> None:
        signature = stored_text(part.get("thoughtSignature"))
        call, image = object_in(part, "functionCall"), object_in(part, "inlineData")
        if call.get("name"):
            self._add_call(call, signature)
            return
        if part.get("thought"):
            if not (self._request.get("reasoning") or {}).get("exclude"):
                self._buffer.add({"reasoning": part.get("text")})
        elif part.get("text"):
            self._buffer.add({"content": part["text"]})
        elif str(image.get("mimeType")).startswith("image/"):
            url = f"data:{image['mimeType']};base64,{image.get('data')}"
            self._buffer.add({"images": [{"image_url": {"url": url}}]})
        if signature:
            self._buffer.add_details([{"type": "reasoning.encrypted", "data": signature, "format": FORM}])

    def _add_call(self, call: dict[str, Any], signature: str | None) -> None:
        """Adds a whole call. One that has no id gets one of ours; its own goes back with it, and none where it had
        none."""
        google = {"thought_signature": signature, "id": stored_text(call.get("id"))}
        kept = {name: value for name, value in google.items() if value}
        fragment = {
            "index": self._calls,
            **({"id": call["id"]} if call.get("id") else {}),
            "function": {"name": call["name"], "arguments": _json(call.get("args"))},
            **({"extra_content": {"google": kept}} if kept else {}),
        }
        self._calls += 1
        self._buffer.add({"tool_calls": [fragment]})

    def _end(self, word: str) -> None:
        """Records the finish. A call of a function ends with `STOP` too."""
        ours = finish_reason(word)
        if ours == "content_filter" and not self._buffer.has_output:
            self._fail(Failure(QuestionDeclined()))
        self._finish("tool_calls" if ours == "stop" and self._calls else ours)


def _counted_tokens(stated: dict[str, Any]) -> Usage:
    """The usage of a chunk, which has all so far. Thoughts are beside the answer's tokens there, and what the results
    of server tools took beside the prompt's."""
    count = {name: parse_count(value) for name, value in stated.items() if isinstance(value, int)}
    thoughts = count.get("thoughtsTokenCount", 0)
    return Usage(
        prompt_tokens=count.get("promptTokenCount", 0) + count.get("toolUsePromptTokenCount", 0),
        completion_tokens=count.get("candidatesTokenCount", 0) + thoughts,
        reasoning_tokens=thoughts,
        cached_tokens=count.get("cachedContentTokenCount", 0),
        cost_micro_usd=None,
    )


def _json(arguments: object) -> str:
    return json.dumps(arguments if isinstance(arguments, dict) else {}, ensure_ascii=False, default=float)


def headers(endpoint: Endpoint) -> dict[bytes, bytes]:
    """The headers that each request has. The key is in no address, because addresses are logged."""
    return {b"x-goog-api-key": endpoint.key.encode()}


def complete(
    body: dict[str, Any], endpoint: Endpoint, *, held_tokens: int | None = None, retries: int = RETRIES
) -> AbstractAsyncContextManager[GeminiCompletion]:
    """A completion that sends its request when first iterated over. `body` is that of a chat completion, with Gemini's
    name of the model."""
    return opened(GeminiCompletion(body, endpoint, held_tokens=held_tokens, retries=retries))
