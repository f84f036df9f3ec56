"""One streamed completion: asked for, read piece by piece, and what is known about it when it ends.

An attempt that fails before anything was delivered, thoughts included, may be made again; after that never.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from oneai import log
from oneai.clients.openrouter import connection, failures
from oneai.clients.openrouter import usage as bill
from oneai.clients.openrouter.connection import Answer, Lost, Silent
from oneai.clients.openrouter.failures import ContextTooLong, Failure
from oneai.clients.openrouter.frames import Frame, Frames
from oneai.clients.openrouter.pieces import Gathering, Piece, mended
from oneai.clients.openrouter.usage import Usage
from oneai.errors import EmptyAnswer, OneAIError, UpstreamError, UpstreamTimeout, UpstreamUnavailable

RETRIES = 2
USAGE_COMES_WITHIN = 10.0  # seconds after the finish; without it the answer is whole all the same
REST_OF_A_FAILURE_WITHIN = 2.0  # its usage may follow the error
END_OF_BODY_WITHIN = 0.25  # after [DONE]; a connection read to its end serves the next answer without a handshake

FINISHES = {"stop", "length", "tool_calls", "content_filter", "error"}


class Completion:
    """Iterates over lists of pieces, asking for the first; what is known of the answer stays readable after the end,
    failures included.

    Ends normally only when upstream said that the answer was finished and something was written: text, a picture, a
    call of a tool, or thoughts and nothing else. Else it ends with one of our errors. `sent`: a request has left, and
    was not refused or broken off since.
    """

    sent: bool
    generation_id: str | None
    model: str | None  # the one that served
    provider: str | None
    finish_reason: str | None
    usage: Usage | None

    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request
        self._retries_left = RETRIES
        self._answer: Answer | None = None
        self._asked = False
        self._delivered = False  # anything at all
        self.sent = False
        self._start_over()

    def _start_over(self) -> None:
        self.generation_id = self.model = self.provider = self.finish_reason = self.usage = None
        self._frames = Frames()
        self._gathering = Gathering()
        self._calls_a_tool = False
        self._failure: Failure | None = None
        self._patience: float | None = None  # seconds a read may take while only the rest can be missing
        self._over = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Piece]:
        """Everything one network read brought."""
        if not self._asked:
            self._asked = True
            await self._ask()
        while True:
            if self._over:
                await self._conclude()
            data = await self._read()
            frames = self._frames.finish() if data is None else self._frames.feed(data)
            self._over = data is None or self._frames.done
            if frames:
                self._gathering.careful = self._frames.escapes
                for frame in frames:
                    self._look_at(frame)
            pieces = self._gathering.take(last=self._over)
            if pieces:
                self._delivered = True
                return pieces

    # --- asking

    async def _ask(self) -> None:
        """Sends the request until an attempt is answered with 200."""
        while True:
            failure = await self._attempt()
            if failure is None:
                return
            await self._give_up_or_wait(failure)

    async def _attempt(self) -> Failure | None:
        body = {
            **self._request,
            "stream": True,
            "usage": {"include": True},
            "provider": {"data_collection": connection.address().openrouter_data_collection},
        }
        try:
            answer = self._answer = await connection.post("/chat/completions", body, self._on_sent)
            if answer.status != 200:
                self.sent = False
                return failures.refusal(answer.status, await answer.whole(), answer.headers)
        except Silent as error:
            return _because(error, UpstreamTimeout())  # it has been waited for long enough
        except Lost as error:
            return _because(error, UpstreamUnavailable(), retryable=True)
        self.generation_id = answer.headers.get("x-generation-id")
        return None

    async def _give_up_or_wait(self, failure: Failure) -> None:
        """Raises, or returns when it is time to ask again."""
        self.sent = False
        await self._close()
        if self._delivered or not failure.retryable or not self._retries_left:
            # History may be dropped and the question asked again only while nobody has read anything.
            raise UpstreamError if self._delivered and isinstance(failure.error, ContextTooLong) else failure.error
        backoff = float(connection.address().openrouter_retry_seconds) * 2 ** (RETRIES - self._retries_left)
        self._retries_left -= 1
        log.warning("asking OpenRouter again", code=failure.error.code, model=self._request.get("model"))
        await asyncio.sleep(max(backoff, failure.wait))

    def _on_sent(self) -> None:
        self.sent = True

    async def _close(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            await answer.close()

    # --- reading

    async def _read(self) -> bytes | None:
        """The next bytes; None at the end, however it came. A broken wire is remembered as a failure."""
        if self._answer is None:
            return None
        try:
            if self._patience is None:
                return await self._answer.read()
            async with asyncio.timeout(self._patience):
                return await self._answer.read()
        except TimeoutError:
            return None
        except Silent as error:
            self._fail(_because(error, UpstreamTimeout()))
        except Lost as error:
            self._fail(_because(error, UpstreamError(), retryable=True))
        return None

    def _look_at(self, frame: Frame) -> None:
        """Takes from a frame whatever it has: no part of it can be relied upon."""
        if self.model is None:
            self.model = _text(frame.get("model"))
        if self.provider is None:
            self.provider = _text(frame.get("provider"))
        if self.generation_id is None:
            self.generation_id = _text(frame.get("id"))
        choices = frame.get("choices")
        if choices and isinstance(choices, list) and isinstance(choices[0], dict):
            choice = choices[0]
            delta = choice.get("delta") or choice.get("message")
            if isinstance(delta, dict):
                self._gathering.delta(delta)
                self._calls_a_tool = self._calls_a_tool or bool(delta.get("tool_calls"))
            if reason := choice.get("finish_reason"):
                self._finish(reason)
            if error := choice.get("error"):
                self._fail(failures.within_stream(error, self._headers))
        if error := frame.get("error"):
            self._fail(failures.within_stream(error, self._headers))
        if counted := frame.get("usage"):
            self.usage = bill.read(counted) or self.usage

    def _finish(self, reason: object) -> None:
        """A finish may be repeated, and must not be counted; usage always comes after it."""
        if reason == "error":
            self._fail(Failure(UpstreamError()))
        elif self._failure is None:
            self.finish_reason = reason if isinstance(reason, str) and reason in FINISHES else "stop"
            self._patience = USAGE_COMES_WITHIN

    def _fail(self, failure: Failure) -> None:
        """The first failure counts, and it counts as nothing once a finished answer was read."""
        if self._failure is None and not (self.finish_reason and self._wrote()):
            self._failure = failure
            self.sent = False
            self.finish_reason = self.finish_reason or "error"
            self._patience = REST_OF_A_FAILURE_WITHIN

    def _wrote(self) -> bool:
        """Whether upstream wrote anything, thoughts included, which it may keep to itself and only count."""
        counted = self.usage is not None and self.usage.completion_tokens > 0
        return self._gathering.wrote or self._calls_a_tool or counted

    @property
    def _headers(self) -> Any:
        return {} if self._answer is None else self._answer.headers

    # --- ending

    async def _conclude(self) -> None:
        """Ends the iteration or raises; returns only where another attempt has just begun."""
        failure = self._verdict()
        if failure is None:
            await self._read_to_the_end()
            raise StopAsyncIteration
        await self._give_up_or_wait(failure)
        self._start_over()
        await self._ask()

    def _verdict(self) -> Failure | None:
        # The end of the bytes is not the end of an answer. `[DONE]` after usage is, should the finish be missing.
        if self.finish_reason is None and not (self._frames.done and self.usage):
            self._fail(Failure(UpstreamError(), retryable=True))
        if self._failure is not None:
            return self._failure
        return None if self._wrote() else Failure(EmptyAnswer())

    async def _read_to_the_end(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(END_OF_BODY_WITHIN):
                while await self._read() is not None:
                    pass


@asynccontextmanager
async def complete(request: dict[str, Any]) -> AsyncIterator[Completion]:
    """A completion that asks when it is first iterated over, and can be looked at while it waits for the answer.

    `request` is the JSON body without `stream` and `provider`. Leaving the context closes the connection at once,
    which stops the model, and the bill, where the provider can be stopped.
    """
    completion = Completion(request)
    try:
        yield completion
    finally:
        await completion._close()


def _because(cause: Exception, error: OneAIError, *, retryable: bool = False) -> Failure:
    error.__cause__ = cause
    return Failure(error, retryable)


def _text(value: object) -> str | None:
    """A name as it can be stored."""
    return mended(value) if value and isinstance(value, str) else None
