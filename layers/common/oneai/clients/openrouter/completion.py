"""One streamed completion: requested, read piece by piece, with its metadata at the end.

An attempt that fails before anything was delivered, reasoning included, may be retried; after that it never is. Where
the key is refused, the next one is tried at once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from oneai import log, metrics, request_context
from oneai.clients.http import ConnectionLost, ReadTimedOut, StreamedResponse
from oneai.clients.openrouter import connection, failures, keys
from oneai.clients.openrouter.connection import RequestTooLarge
from oneai.clients.openrouter.failures import Failure, KeyRefused
from oneai.clients.openrouter.finish_reasons import finish_reason
from oneai.clients.openrouter.frames import Frame, FrameParser
from oneai.clients.openrouter.pieces import PieceBuffer
from oneai.clients.openrouter.usage import parse_usage
from oneai.errors import EmptyAnswer, OneAIError, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import ContextTooLong, Piece, QuestionDeclined, Usage
from oneai.models.completion import failure_kind
from oneai.models.pieces import repair
from oneai.prompt_size import max_request_bytes

RETRIES = 2
USAGE_WAIT_SECONDS = 10.0  # after the finish; the answer is complete without it too
ERROR_USAGE_WAIT_SECONDS = 2.0  # usage may follow an error
END_OF_BODY_WAIT_SECONDS = 0.25  # after [DONE]; a connection read to its end can be reused without a handshake


class StreamedCompletion:
    """A completion of OpenRouter, as `oneai.models.Completion` describes it."""

    generation_id: str | None
    model: str | None
    provider: str | None
    finish_reason: str | None
    usage: Usage | None

    def __init__(self, request: dict[str, Any], key: str | None = None, held_tokens: int | None = None) -> None:
        self._request = request
        self._max_bytes = None if held_tokens is None else max_request_bytes(request, held_tokens)
        self._only_key = key
        self._key = ""
        self._refused: list[str] = []
        self.earlier: list[tuple[str | None, Usage]] = []
        self._retries_left = RETRIES
        self._response: StreamedResponse | None = None
        self._is_started = False
        self._has_delivered = False
        self.sent = False
        self._reset()

    def _reset(self) -> None:
        self.generation_id = self.model = self.provider = self.finish_reason = self.usage = None
        self._parser = FrameParser()
        self._buffer = PieceBuffer()
        self._failure: Failure | None = None
        self._read_timeout: float | None = None  # seconds, once only usage or the end is missing
        self._at_end = False

    @property
    def key_id(self) -> str | None:
        """Names the key of the last attempt (`keys.key_id`)."""
        return keys.key_id(self._key) if self._key else None

    @property
    def refused_keys(self) -> list[str]:
        """Names the keys that OpenRouter did not accept for it."""
        return [keys.key_id(key) for key in self._refused]

    @property
    def has_another_key(self) -> bool:
        """Whether keys were refused, and one that was not is configured now."""
        return bool(self._refused and keys.usable(self._refused))

    def billed(self) -> list[tuple[str | None, Usage]]:
        """What all requests so far were billed, each with the model that served it; none that states no usage."""
        return self.earlier + ([(self.model, self.usage)] if self.usage is not None else [])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Piece]:
        """The pieces of one network read."""
        if not self._is_started:
            self._is_started = True
            await self._request_until_accepted()
        while True:
            if self._at_end:
                await self._finish_iteration()
            data = await self._read()
            frames = self._parser.finish() if data is None else self._parser.feed(data)
            self._at_end = data is None or self._parser.done
            if frames:
                self._buffer.repairs_text = self._parser.escapes
                for frame in frames:
                    self._process_frame(frame)
            if self._at_end and self._failure is None and self._has_finished():
                self._buffer.finish_calls(complete=self.finish_reason in ("stop", "tool_calls", None))
            pieces = self._buffer.take(last=self._at_end)
            if pieces:
                self._has_delivered = True
                return pieces

    # --- requesting

    async def _request_until_accepted(self) -> None:
        """Sends the request until a response has status 200."""
        while True:
            failure = await self._attempt()
            if failure is None:
                return
            await self._raise_or_wait(failure)

    async def _attempt(self) -> Failure | None:
        body = {
            **self._request,
            "stream": True,
            "usage": {"include": True},
            "provider": {
                **self._request.get("provider", {}),
                "data_collection": connection.connection_settings().openrouter_data_collection,
            },
        }
        if (request_id := request_context.request_id()) is not None:
            body["metadata"] = {**self._request.get("metadata", {}), "request_id": request_id}
        self._key = next(iter(self._untried_keys()), self._key)
        try:
            response = self._response = await connection.post(
                "/chat/completions", body, self._key, self._on_sent, max_bytes=self._max_bytes
            )
            if response.status != 200:
                self.sent = False
                return failures.from_response(response.status, await response.read_error(), response.headers)
        except RequestTooLarge as error:
            log.error("a request is larger than what was held for it", model=self._request.get("model"))
            return _caused_by(error, ContextTooLong())
        except ReadTimedOut as error:
            return _caused_by(error, UpstreamTimeout())  # not retried, after a wait this long
        except ConnectionLost as error:
            return _caused_by(error, UpstreamUnavailable(), retryable=True)
        keys.accept(self._key)
        self.generation_id = response.headers.get("x-generation-id")
        return None

    async def _raise_or_wait(self, failure: Failure) -> None:
        """Raises the failure, or returns when it is time for a retry."""
        self.sent = False
        if not isinstance(failure.error, ContextTooLong | QuestionDeclined):  # what the question itself is refused for
            metrics.count(metrics.UPSTREAM_FAILURES, of=failure_kind(failure.error), model=self._request.get("model"))
        await self._close()
        if isinstance(failure.error, KeyRefused):
            keys.refuse(self._key)
            self._refused.append(self._key)
            if self._untried_keys() and not self._has_delivered:
                return
        if self._has_delivered or not failure.retryable or not self._retries_left:
            # The caller may drop history and retry only before anything was delivered.
            raise UpstreamError if self._has_delivered and isinstance(failure.error, ContextTooLong) else failure.error
        backoff = float(connection.connection_settings().openrouter_retry_seconds) * 2 ** (RETRIES - self._retries_left)
        self._retries_left -= 1
        log.warning("asking OpenRouter again", code=failure.error.code, model=self._request.get("model"))
        await asyncio.sleep(max(backoff, failure.wait))

    def _untried_keys(self) -> list[str]:
        """The keys that this request may still use, the best first."""
        if self._only_key is None:
            return keys.usable(self._refused)
        return [] if self._refused else [self._only_key]

    def _on_sent(self) -> None:
        self.sent = True

    async def _close(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.close()

    # --- reading

    async def _read(self) -> bytes | None:
        """The next bytes; None at the end, regular or not. A broken connection is stored as a failure."""
        if self._response is None:
            return None
        try:
            if self._read_timeout is None:
                return await self._response.read()
            async with asyncio.timeout(self._read_timeout):
                return await self._response.read()
        except TimeoutError:
            return None
        except ReadTimedOut as error:
            self._fail(_caused_by(error, UpstreamTimeout()))
        except ConnectionLost as error:
            self._fail(_caused_by(error, UpstreamError(), retryable=True))
        return None

    def _process_frame(self, frame: Frame) -> None:
        """Reads a frame. Any part may be missing or invalid."""
        if self.model is None:
            self.model = _text(frame.get("model"))
        if self.provider is None:
            self.provider = _text(frame.get("provider"))
        if self.generation_id is None:
            self.generation_id = _text(frame.get("id"))
        choices = frame.get("choices")
        if choices and isinstance(choices, list) and isinstance(choices[0], dict):
            choice = choices[0]
            self._add(choice, frame)
            if reason := choice.get("finish_reason"):
                self._finish(reason)
            if error := choice.get("error"):
                self._fail(failures.from_stream_error(error, self._headers))
        elif "citations" in frame or "search_results" in frame:
            self._buffer.add({}, frame=frame)
        if error := frame.get("error") or _error_by_type(frame):
            self._fail(failures.from_stream_error(error, self._headers))
        if usage := frame.get("usage"):
            self.usage = parse_usage(usage) or self.usage

    def _add(self, choice: dict[str, Any], frame: Frame) -> None:
        """Adds a choice's delta, and what its whole message has beyond the deltas: some upstreams send one at the end,
        or with every chunk."""
        delta, message = choice.get("delta"), choice.get("message")
        is_last = bool(choice.get("finish_reason"))
        if isinstance(delta, dict) and delta:
            if is_last and delta.get("content") and self._buffer.repeats(delta):
                delta = {**delta, "content": None}
            self._buffer.add(delta, choice.get("logprobs"), frame)
        if isinstance(message, dict) and message:
            self._buffer.add_message(message, choice.get("logprobs"), frame, is_last=is_last)

    def _finish(self, word: object) -> None:
        """Records the finish, which may come repeatedly; usage always follows it."""
        reason = finish_reason(word)
        if reason == "error":
            self._fail(Failure(UpstreamError()))
        elif self._failure is None:
            self.finish_reason = reason
            self._read_timeout = USAGE_WAIT_SECONDS

    def _fail(self, failure: Failure) -> None:
        """Records the first failure; one after a finished answer is ignored."""
        if self._failure is None and not (self.finish_reason and self._has_output()):
            self._failure = failure
            self.sent = False
            self.finish_reason = self.finish_reason or "error"
            self._read_timeout = ERROR_USAGE_WAIT_SECONDS

    def _has_output(self) -> bool:
        """Whether anything was generated, including reasoning, which may be counted without being sent."""
        has_tokens = self.usage is not None and self.usage.completion_tokens > 0
        return self._buffer.has_output or self._buffer.has_tool_call or has_tokens

    @property
    def has_answer(self) -> bool:
        """Whether anything has come that a user asked for."""
        return self._buffer.has_answer or self._buffer.has_tool_call

    @property
    def _headers(self) -> Any:
        return {} if self._response is None else self._response.headers

    # --- ending

    async def _finish_iteration(self) -> None:
        """Ends the iteration or raises; returns only if a retry has started."""
        failure = self._final_failure()
        if failure is None:
            await self._read_to_the_end()
            raise StopAsyncIteration
        await self._raise_or_wait(failure)
        self.earlier = self.billed()
        self._reset()
        await self._request_until_accepted()

    def _final_failure(self) -> Failure | None:
        if not self._has_finished():
            self._fail(Failure(UpstreamError(), retryable=True))
        if self._failure is not None:
            return self._failure
        return None if self._has_output() else Failure(EmptyAnswer())

    def _has_finished(self) -> bool:
        """The end of the body is not the end of an answer. `[DONE]` after usage is, if the finish is missing."""
        return self.finish_reason is not None or bool(self._parser.done and self.usage)

    async def _read_to_the_end(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(END_OF_BODY_WAIT_SECONDS):
                while await self._read() is not None:
                    pass


@asynccontextmanager
async def complete(
    request: dict[str, Any], *, key: str | None = None, held_tokens: int | None = None
) -> AsyncIterator[StreamedCompletion]:
    """A completion that sends its request when first iterated over; its attributes can be read while it waits.

    `request` is the JSON body without `stream`; the `data_collection` of its `provider` is ours. It uses only `key`, if
    there is one, else those that are configured. `held_tokens` are those that were held for its prompt: a request that
    is far larger fails as ContextTooLong and is not sent. Leaving the context closes the connection at once, which
    stops the generation and its cost where the provider supports that.
    """
    completion = StreamedCompletion(request, key, held_tokens)
    try:
        yield completion
    finally:
        await completion._close()


def _error_by_type(frame: Frame) -> Frame | None:
    """The frame, if it is an error by itself, as OpenAI's responses and vLLM send them."""
    return frame if "error" in (frame.get("type"), frame.get("object")) and "choices" not in frame else None


def _caused_by(cause: Exception, error: OneAIError, *, retryable: bool = False) -> Failure:
    error.__cause__ = cause
    return Failure(error, retryable)


def _text(value: object) -> str | None:
    """A name with only characters that can be stored."""
    return repair(value) if value and isinstance(value, str) else None
