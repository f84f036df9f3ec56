"""One streamed completion: requested, read piece by piece, with its metadata at the end.

An attempt that fails before anything was delivered, reasoning included, may be retried; after that it never is. What
differs between providers is in the methods that their clients define.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any, ClassVar, Self

from oneai import log
from oneai.clients.http import ConnectionLost, ReadTimedOut, ResponseTooLarge, StreamedResponse
from oneai.clients.model_streams.failure import Failure, caused_by
from oneai.clients.model_streams.frames import Frame, FrameParser
from oneai.clients.model_streams.pieces import PieceBuffer
from oneai.clients.model_streams.sending import RequestTooLarge
from oneai.errors import EmptyAnswer, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import ContextTooLong, Piece, Usage
from oneai.models.pieces import repair
from oneai.prompt_size import max_request_bytes

RETRIES = 2
USAGE_WAIT_SECONDS = 10.0  # after the finish; the answer is complete without it too
ERROR_USAGE_WAIT_SECONDS = 2.0  # usage may follow an error
END_OF_BODY_WAIT_SECONDS = 0.25  # after the end of a stream; a connection read to its end can be reused


class StreamedCompletion(ABC):
    """A completion, as `oneai.models.Completion` describes it. A provider's client defines `_send`, `_refusal`,
    `_process_frame` and the properties of keys."""

    service: ClassVar[str]
    """The provider's name in logs."""
    generation_id: str | None
    model: str | None
    provider: str | None
    finish_reason: str | None
    usage: Usage | None

    def __init__(self, request: dict[str, Any], *, held_tokens: int | None = None, retries: int = RETRIES) -> None:
        self._request = request
        self._max_bytes = None if held_tokens is None else max_request_bytes(request, held_tokens)
        self.earlier: list[tuple[str | None, Usage]] = []
        self._retries = self._retries_left = retries
        self._response: StreamedResponse | None = None
        self._is_started = False
        self._has_delivered = False
        # The longest wait in seconds for the next piece, which single bytes do not extend; None: each read has a limit.
        self._piece_seconds: float | None = None
        self._piece_deadline = 0.0
        # Of a body.
        self._bytes_left: int | None = None
        self.sent = False
        self._reset()

    def _reset(self) -> None:
        self.generation_id = self.model = self.provider = self.finish_reason = self.usage = None
        self._parser = self._new_parser()
        self._buffer = PieceBuffer()
        self._failure: Failure | None = None
        self._read_timeout: float | None = None  # seconds, once only usage or the end is missing
        self._at_end = False

    def billed(self) -> list[tuple[str | None, Usage]]:
        """What all requests so far were billed, each with the model that served it; none that states no usage."""
        return self.earlier + ([(self.model, self.usage)] if self.usage is not None else [])

    @property
    def has_answer(self) -> bool:
        """Whether anything has come that a user asked for."""
        return self._buffer.has_answer or self._buffer.has_tool_call

    @property
    def is_responding(self) -> bool:
        """Whether the headers of a response have arrived."""
        return self._response is not None

    @property
    def has_delivered(self) -> bool:
        """Whether a piece was returned: after that nothing is asked again."""
        return self._has_delivered

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Piece]:
        """The pieces of one network read."""
        if not self._is_started:
            self._is_started = True
            await self._request_until_accepted()
        self._await_piece()
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

    async def close(self) -> None:
        """Closes the connection now, which stops the generation and its cost where the provider supports that."""
        response, self._response = self._response, None
        if response is not None:
            response.close()

    # --- what the client of a provider defines

    def _new_parser(self) -> FrameParser:
        return FrameParser()

    @abstractmethod
    async def _send(self) -> StreamedResponse:
        """Sends the request and returns when the headers of the response are there; calls `_on_sent`. Raises
        ConnectionLost, RequestTooLarge."""

    @abstractmethod
    def _refusal(self, status: int, body: bytes, headers: dict[str, str]) -> Failure:
        """The failure of a response with a status other than 200."""

    @abstractmethod
    def _process_frame(self, frame: Frame) -> None:
        """Reads a frame. Any part may be missing or invalid."""

    def _on_accepted(self, response: StreamedResponse) -> None:  # noqa: B027
        """A response with status 200 has started; most have nothing to do."""

    @abstractmethod
    def _on_failure(self, failure: Failure) -> bool:
        """Counts a failed attempt. Returns whether the request is sent again at once, such as with another key."""

    def _retry_seconds(self) -> float:
        """The seconds before the first retry; they double."""
        return 0.5

    # --- requesting

    async def _request_until_accepted(self) -> None:
        """Sends the request until a response has status 200."""
        while True:
            failure = await self._attempt()
            if failure is None:
                return
            await self._raise_or_wait(failure)

    async def _attempt(self) -> Failure | None:
        self._await_piece()
        try:
            async with asyncio.timeout(self._piece_seconds):
                response = self._response = await self._send()
                if response.status != 200:
                    self.sent = False
                    return self._refusal(response.status, await response.read_error(), response.headers)
        except RequestTooLarge as error:
            log.error("a request is larger than what was held for it", model=self._request.get("model"))
            return caused_by(error, ContextTooLong())
        except (ReadTimedOut, TimeoutError) as error:
            return caused_by(error, UpstreamTimeout())  # not retried, after a wait this long
        except ResponseTooLarge as error:
            return caused_by(error, UpstreamError())
        except ConnectionLost as error:
            return caused_by(error, UpstreamUnavailable(), retryable=True)
        self._on_accepted(response)
        return None

    async def _raise_or_wait(self, failure: Failure) -> None:
        """Raises the failure, or returns when it is time for a retry."""
        self.sent = False
        tries_at_once = self._on_failure(failure)
        await self.close()
        if tries_at_once and not self._has_delivered:
            return
        if self._has_delivered or not failure.retryable or not self._retries_left:
            # The caller may drop history and retry only before anything was delivered.
            raise UpstreamError if self._has_delivered and isinstance(failure.error, ContextTooLong) else failure.error
        backoff = self._retry_seconds() * 2 ** (self._retries - self._retries_left)
        self._retries_left -= 1
        log.warning(f"asking {self.service} again", code=failure.error.code, model=self._request.get("model"))
        await asyncio.sleep(max(backoff, failure.wait))

    def _on_sent(self) -> None:
        self.sent = True

    # --- reading

    async def _read(self) -> bytes | None:
        """The next bytes; None at the end, regular or not. A broken connection is stored as a failure."""
        if self._response is None:
            return None
        timeout = self._read_timeout
        if timeout is None and self._piece_seconds is not None:
            timeout = max(self._piece_deadline - time.monotonic(), 0)
        try:
            if timeout is None:
                return await self._response.read()
            async with asyncio.timeout(timeout):
                data = await self._response.read()
            return data if self._bytes_left is None or data is None else self._counted(data)
        except TimeoutError as error:
            if self._read_timeout is None:
                self._fail(caused_by(error, UpstreamTimeout()))
        except ReadTimedOut as error:
            self._fail(caused_by(error, UpstreamTimeout()))
        except ConnectionLost as error:
            self._fail(caused_by(error, UpstreamError(), retryable=True))
        return None

    def _counted(self, data: bytes) -> bytes | None:
        """The bytes, unless the body has more of them than any answer."""
        self._bytes_left = (self._bytes_left or 0) - len(data)
        if self._bytes_left >= 0:
            return data
        self._fail(Failure(UpstreamError()))
        return None

    def _await_piece(self) -> None:
        if self._piece_seconds is not None:
            self._piece_deadline = time.monotonic() + self._piece_seconds

    def _finish(self, reason: str) -> None:
        """Records the finish, in our words; it may come repeatedly, and usage may follow it."""
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


def stored_text(value: object) -> str | None:
    """A name with only characters that can be stored."""
    return repair(value) if value and isinstance(value, str) else None
