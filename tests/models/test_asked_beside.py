"""A route that does not start to respond: the next one is asked beside it, and the first pieces decide.

Both routes here do what a test says, when it says so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from oneai.errors import OneAIError, UpstreamError, UpstreamUnavailable
from oneai.models import Piece, QuestionDeclined, Usage, chain
from oneai.models.completion import Completion
from oneai.models.endpoint import ProviderName
from oneai.models.route import Candidate, Route
from oneai.models.set_aside import SetAside
from tests.patience import until

BILLED = Usage(9, 1, 0, 0, 70)


class Scripted:
    """One route. It says nothing until `says` is set to pieces or an error."""

    def __init__(self, name: ProviderName) -> None:
        self.name = self.provider = self.model = name
        self.says: asyncio.Future[list[Piece]] = asyncio.get_running_loop().create_future()
        self.is_responding = self.sent = self.is_asked = self.is_closed = False
        self.earlier: list[Any] = []
        self.usage: Usage | None = None
        self.refused_keys: list[str] = []
        self.key_id = self.generation_id = self.finish_reason = None

    def billed(self) -> list[Any]:
        return self.earlier + ([(self.model, self.usage)] if self.usage else [])

    async def __anext__(self) -> list[Piece]:
        self.is_asked = self.sent = True
        said = await asyncio.shield(self.says)
        self.says = asyncio.get_running_loop().create_future()
        return said

    def write(self, text: str) -> None:
        """These are its first pieces."""
        self.says.set_result([Piece("text", f"{self.name}: {text}")])

    def fail(self, error: OneAIError) -> None:
        """It ends with an error."""
        self.says.set_exception(error)


class Race:
    """OpenRouter, which has no time to respond, and OpenAI."""

    def __init__(self) -> None:
        self.first, self.second = Scripted("openrouter"), Scripted("openai")
        self.aside = SetAside()

    @asynccontextmanager
    async def asking(self, patience: float | None = 0.0) -> AsyncIterator[chain.ChainedCompletion]:
        """A completion by both."""

        @asynccontextmanager
        async def opened(scripted: Scripted) -> AsyncIterator[Completion]:
            try:
                yield scripted  # type: ignore[misc]  # what the chain uses of it
            finally:
                scripted.is_closed = True

        attempts = [
            chain.Attempt(
                Candidate(Route(each.name, "a"), "plan"),
                lambda each=each: opened(each),  # type: ignore[misc]
                patience,
            )
            for each in (self.first, self.second)
        ]
        async with chain.complete(attempts, self.aside) as completion:
            yield completion

    async def pieces(
        self, completion: chain.ChainedCompletion, act: Callable[[], None], *, both: bool = True
    ) -> list[Piece]:
        """The first pieces, where this happens once one or both are asked."""
        reading = asyncio.ensure_future(_next(completion))
        await until(lambda: self.second.is_asked if both else self.first.is_asked)
        act()
        return await reading


async def _next(completion: chain.ChainedCompletion) -> list[Piece]:
    return await anext(completion)


@pytest.fixture
async def race() -> Race:
    return Race()


async def test_the_next_route_answers_while_the_first_one_hangs(race: Race) -> None:
    race.first.usage = BILLED
    async with race.asking() as completion:
        pieces = await race.pieces(completion, lambda: race.second.write("Hello"))

        assert pieces == [Piece("text", "openai: Hello")]
        # Its cost ends now, not with the answer.
        assert (race.first.is_closed, race.second.is_closed) == (True, False)
        assert (completion.provider, completion.candidate.route.provider) == ("openai", "openai")
        assert list(race.aside.current()) == ["openrouter"]
        assert completion.billed() == [("openrouter", BILLED)]
        race.second.write("Bye")
        assert await anext(completion) == [Piece("text", "openai: Bye")]


async def test_a_slow_first_route_answers_if_it_is_the_first_to_write(race: Race) -> None:
    async with race.asking() as completion:
        pieces = await race.pieces(completion, lambda: race.first.write("Hello"))

        assert pieces == [Piece("text", "openrouter: Hello")]
        assert (race.first.is_closed, race.second.is_closed) == (False, True)
        assert (completion.provider, race.aside.current()) == ("openrouter", {})


@pytest.mark.parametrize("failing", ["first", "second"])
async def test_a_route_that_fails_leaves_the_answer_to_the_other(race: Race, failing: str) -> None:
    failed, other = (race.first, race.second) if failing == "first" else (race.second, race.first)

    async with race.asking() as completion:
        reading = asyncio.ensure_future(_next(completion))
        await until(lambda: race.second.is_asked)
        failed.fail(UpstreamUnavailable())
        await until(lambda: failed.name in race.aside.current())
        other.write("Hello")

        assert await reading == [Piece("text", f"{other.name}: Hello")]
        assert (completion.provider, failed.is_closed) == (other.name, True)


async def test_both_routes_fail_with_one_error(race: Race) -> None:
    def act() -> None:
        race.first.fail(UpstreamUnavailable())
        race.second.fail(UpstreamError())

    async with race.asking() as completion:
        with pytest.raises(OneAIError):
            await race.pieces(completion, act)

    assert set(race.aside.current()) == {"openrouter", "openai"}


async def test_a_question_that_one_declines_is_not_left_to_the_other(race: Race) -> None:
    async with race.asking() as completion:
        with pytest.raises(QuestionDeclined):
            await race.pieces(completion, lambda: race.second.fail(QuestionDeclined()))

        assert race.first.is_closed


async def test_a_route_that_responds_may_think_as_long_as_it_likes(race: Race) -> None:
    race.first.is_responding = True
    async with race.asking() as completion:
        pieces = await race.pieces(completion, lambda: race.first.write("Hello"), both=False)

        assert pieces == [Piece("text", "openrouter: Hello")]
        assert not race.second.is_asked


async def test_an_answer_that_is_stopped_meanwhile_ends_both(race: Race) -> None:
    async with race.asking() as completion:
        reading = asyncio.ensure_future(_next(completion))
        await until(lambda: race.second.is_asked)
        assert completion.sent
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        # What was sent to either counts as sent when the answer is settled.
        race.first.sent = False
        assert completion.sent

    assert (race.first.is_closed, race.second.is_closed) == (True, True)
