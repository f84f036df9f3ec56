"""A completion with several routes: where one fails before its first piece, the next one is asked."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Self

from oneai import log
from oneai.errors import OneAIError
from oneai.models.completion import Completion, Usage
from oneai.models.pieces import Piece
from oneai.models.route import Candidate, after_failure, is_of_route
from oneai.models.set_aside import SetAside


@dataclass(frozen=True)
class Attempt:
    """A candidate, and how its completion is opened."""

    candidate: Candidate
    open: Callable[[], AbstractAsyncContextManager[Completion, bool | None]]


class ChainedCompletion:
    """A completion, as `oneai.models.Completion` describes it: that of the route that is asked now. `earlier` has what
    all routes before it were billed, and `refused_keys` the keys of all routes."""

    def __init__(self, attempts: Sequence[Attempt], set_aside: SetAside, stack: AsyncExitStack) -> None:
        self._attempts, self._set_aside, self._stack = list(attempts), set_aside, stack
        self._current: Completion | None = None
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
        return self._current is not None and self._current.sent

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

    def billed(self) -> list[tuple[str | None, Usage]]:
        """What all requests so far were billed, each with the model that served it."""
        return self.earlier + ([(self.model, self.usage)] if self.usage is not None else [])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Piece]:
        """The pieces of one network read."""
        while True:
            if self._current is None:
                self._current = await self._stack.enter_async_context(self._attempts[0].open())
                self._current.earlier = self.earlier
            try:
                pieces = await anext(self._current)
            except OneAIError as error:
                if self._is_answering or not self._goes_on(error):
                    raise
                continue
            self.earlier = self._current.earlier
            if not self._is_answering:
                self._is_answering = True
                self._set_aside.succeed(self.candidate.route.provider)
            return pieces

    def _goes_on(self, error: OneAIError) -> bool:
        """Whether another route is asked. The failed one is set aside."""
        failed, current = self._attempts[0].candidate, self._current
        rest = {each.candidate: each for each in self._attempts[1:]}
        left = after_failure(list(rest), failed, error)
        if is_of_route(error):
            seconds = self._set_aside.fail(failed.route.provider, error.code)
            log.warning("a provider is set aside", provider=failed.route.provider, code=error.code, seconds=seconds)
        if current is None or not left:
            return False
        self.earlier = current.billed()
        self._refused += current.refused_keys
        self._attempts = [rest[candidate] for candidate in left]
        self._current = None
        return True


@asynccontextmanager
async def complete(attempts: Sequence[Attempt], set_aside: SetAside) -> AsyncIterator[ChainedCompletion]:
    """A completion of the first route that answers. Leaving the context closes all connections."""
    async with AsyncExitStack() as stack:
        yield ChainedCompletion(attempts, set_aside, stack)
