"""A completion with several routes: if one fails before its first piece, the next one is asked.

The next one is also asked if the first one does not start to respond soon. Then both write until one has a piece. The
other's connection is closed, and its pieces are not shown.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Self

from oneai import log
from oneai.errors import OneAIError, UpstreamTimeout
from oneai.models.completion import Completion, Usage
from oneai.models.pieces import Piece
from oneai.models.route import Candidate, after_failure, is_of_route
from oneai.models.set_aside import SetAside


@dataclass(frozen=True)
class Attempt:
    """A candidate, and how its completion is opened. If it has not started to respond after `patience` seconds, the
    next one is asked beside it. If `patience` is None, no other one is asked while it is silent."""

    candidate: Candidate
    open: Callable[[], AbstractAsyncContextManager[Completion, bool | None]]
    patience: float | None = None


@dataclass
class _Runner:
    """A route that is asked beside another one, until one of the two has its first pieces."""

    attempt: Attempt
    completion: Completion
    stack: AsyncExitStack
    """Closes its connection."""
    first: asyncio.Task[list[Piece]]


class ChainedCompletion:
    """A completion, as `oneai.models.Completion` describes it: that of the route that is asked now. `earlier` has what
    all routes before it were billed, and `refused_keys` the keys of all routes."""

    def __init__(self, attempts: Sequence[Attempt], set_aside: SetAside, stack: AsyncExitStack) -> None:
        self._attempts, self._set_aside, self._stack = list(attempts), set_aside, stack
        self._current: Completion | None = None
        self._current_stack = stack
        self._beside: Completion | None = None
        self._refused: list[str] = []
        self._is_answering = False
        self.earlier: list[tuple[str | None, Usage]] = []

    @property
    def candidate(self) -> Candidate:
        """The one that is asked now, or answered."""
        return self._attempts[0].candidate

    @property
    def sent(self) -> bool:
        """A request was sent, and has not been refused or cut off."""
        return any(each is not None and each.sent for each in (self._current, self._beside))

    @property
    def generation_id(self) -> str | None:
        """The id of the generation at OpenRouter; another provider's has no record of its cost."""
        if self._current is None or self.candidate.route.provider != "openrouter":
            return None
        return self._current.generation_id

    @property
    def model(self) -> str | None:
        """The model that served."""
        return self._current.model if self._current else None

    @property
    def provider(self) -> str | None:
        """The provider that served, which names the route."""
        return self._current.provider if self._current else None

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended."""
        return self._current.finish_reason if self._current else None

    @property
    def usage(self) -> Usage | None:
        """The usage of the last request."""
        return self._current.usage if self._current else None

    @property
    def key_id(self) -> str | None:
        """Names the key of the last attempt."""
        return self._current.key_id if self._current else None

    @property
    def refused_keys(self) -> list[str]:
        """Names the keys of ours that a provider did not accept for it."""
        return self._refused + (self._current.refused_keys if self._current else [])

    @property
    def has_another_key(self) -> bool:
        """Whether keys were refused, and one that was not is configured now."""
        return self._current is not None and self._current.has_another_key

    @property
    def has_answer(self) -> bool:
        """Whether anything has come that a user asked for."""
        return self._current is not None and self._current.has_answer

    @property
    def is_responding(self) -> bool:
        """Whether the headers of a response have arrived."""
        return self._current is not None and self._current.is_responding

    def billed(self) -> list[tuple[str | None, Usage]]:
        """What all requests so far were billed, each with the model that served it."""
        return self.earlier + ([(self.model, self.usage)] if self.usage is not None else [])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Piece]:
        """The pieces of one network read."""
        while True:
            if self._current is None:
                self._current, self._current_stack = await self._opened(self._attempts[0])
                self._current.earlier = self.earlier
            try:
                pieces = await (anext(self._current) if self._is_answering else self._first_pieces(self._current))
            except OneAIError as error:
                if self._is_answering or not self._goes_on(error):
                    raise
                continue
            self.earlier = self._current.earlier
            if not self._is_answering:
                self._is_answering = True
                self._set_aside.succeed(self.candidate.route.provider)
            return pieces

    async def _opened(self, attempt: Attempt) -> tuple[Completion, AsyncExitStack]:
        """A completion, and what closes it."""
        stack = await self._stack.enter_async_context(AsyncExitStack())
        return await stack.enter_async_context(attempt.open()), stack

    async def _first_pieces(self, current: Completion) -> list[Piece]:
        """The first pieces of the route that is asked now, or of the next one if it is slow to respond."""
        attempt = self._attempts[0]
        if attempt.patience is None:
            return await anext(current)
        runners = [_Runner(attempt, current, self._current_stack, asyncio.create_task(_first(current)))]
        try:
            await asyncio.wait([runners[0].first], timeout=attempt.patience)
            if not runners[0].first.done() and not current.is_responding and (other := self._next(UpstreamTimeout())):
                self._aside(attempt.candidate, UpstreamTimeout())
                completion, stack = await self._opened(other)
                completion.earlier = []
                self._beside = completion
                runners.append(_Runner(other, completion, stack, asyncio.create_task(_first(completion))))
            return await self._race(runners)
        finally:
            for runner in runners:
                runner.first.cancel()
            await asyncio.gather(*(runner.first for runner in runners), return_exceptions=True)

    async def _race(self, runners: list[_Runner]) -> list[Piece]:
        """The pieces of the first route that has some. A failure is raised if the question is its cause, or if all
        routes have failed."""
        running = list(runners)
        while True:
            await asyncio.wait([each.first for each in running], return_when=asyncio.FIRST_COMPLETED)
            ended = next(each for each in running if each.first.done())
            error = ended.first.exception()
            running.remove(ended)
            if running and isinstance(error, OneAIError) and is_of_route(error):
                self._aside(ended.attempt.candidate, error)
                continue
            await self._keep(ended, [each for each in runners if each is not ended])
            return ended.first.result()

    async def _keep(self, winner: _Runner, others: Sequence[_Runner]) -> None:
        """Continues with one of the routes. The others end, and with them their cost if the provider supports that.
        What they were billed is part of the answer's cost."""
        for other in others:
            other.first.cancel()
            await asyncio.gather(other.first, return_exceptions=True)
            await other.stack.aclose()
            winner.completion.earlier = [*winner.completion.earlier, *other.completion.billed()]
            self._refused += other.completion.refused_keys
            self._attempts.remove(other.attempt)
        self._attempts.remove(winner.attempt)
        self._attempts.insert(0, winner.attempt)
        self._current, self._current_stack, self._beside = winner.completion, winner.stack, None
        self.earlier = winner.completion.earlier

    def _next(self, error: OneAIError) -> Attempt | None:
        """The attempt that follows this failure of the current route, if there is one."""
        rest = {each.candidate: each for each in self._attempts[1:]}
        left = after_failure(list(rest), self._attempts[0].candidate, error)
        return rest[left[0]] if left else None

    def _aside(self, failed: Candidate, error: OneAIError) -> None:
        seconds = self._set_aside.fail(failed.route.provider, error.code)
        log.warning("a provider is set aside", provider=failed.route.provider, code=error.code, seconds=seconds)

    def _goes_on(self, error: OneAIError) -> bool:
        """Whether another route is asked. The failed one is set aside."""
        failed, current = self._attempts[0].candidate, self._current
        rest = {each.candidate: each for each in self._attempts[1:]}
        left = after_failure(list(rest), failed, error)
        if is_of_route(error):
            self._aside(failed, error)
        if current is None or not left:
            return False
        self.earlier = current.billed()
        self._refused += current.refused_keys
        self._attempts = [rest[candidate] for candidate in left]
        self._current = None
        return True


async def _first(completion: Completion) -> list[Piece]:
    return await anext(completion)


@asynccontextmanager
async def complete(attempts: Sequence[Attempt], set_aside: SetAside) -> AsyncIterator[ChainedCompletion]:
    """A completion of the first route that answers. Leaving the context closes all connections."""
    async with AsyncExitStack() as stack:
        yield ChainedCompletion(attempts, set_aside, stack)
