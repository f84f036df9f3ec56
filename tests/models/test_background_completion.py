"""A background completion stores what it wrote and how it failed, and raises nothing but its cancellation."""

import asyncio
from dataclasses import replace

import pytest

from oneai.errors import UpstreamTimeout
from oneai.models import providers
from oneai.models.background_completion import BackgroundCompletion
from tests.patience import PATIENCE
from tests.world import World


async def completion(name: str, question: str, max_characters: int | None = None) -> BackgroundCompletion:
    """A completion that was not requested yet, of a model that the stand-in knows by this name."""
    listed = next(each for each in await providers.list_models() if each.id == "openai/gpt-4.1-mini")
    model, messages = replace(listed, id=name), [{"role": "user", "content": question}]
    return BackgroundCompletion(model, messages, answer_tokens=100, held_tokens=1000, max_characters=max_characters)


async def test_the_text_is_without_reasoning(shared: World) -> None:
    written = await completion("local/reasoning", "Why?")
    await written.run(PATIENCE)

    assert written.failure is None
    assert written.text
    usage = written.operator_usage("complete")
    assert (usage["outcome"], usage["usage"]["estimated"]) == ("complete", False)
    assert usage["usage"]["reasoning_tokens"] > 0


async def test_reading_stops_after_the_most_characters(shared: World) -> None:
    written = await completion("local/slow", "Hello", max_characters=20)  # it writes seven hundred
    await written.run(PATIENCE)

    assert written.failure is None
    assert 20 < len(written.text) < 350


async def test_an_upstream_that_hangs_is_a_stored_failure(shared: World) -> None:
    written = await completion("local/hang-before-first", "Hello")
    await written.run(0.2)

    assert isinstance(written.failure, UpstreamTimeout)
    assert (written.outcome().state, written.outcome().error_code) == ("failed", "timeout")


async def test_a_prompt_is_estimated_by_its_bytes_where_no_usage_is_stated(shared: World) -> None:
    written = await completion("local/no-usage", "Hello" * 30)
    await written.run(PATIENCE)

    usage = written.outcome().usage
    # 150 characters, and the names and marks of a message, at three bytes for a token.
    assert (usage.prompt_tokens, usage.estimated) == (58, True)
    assert usage.completion_tokens > 0


async def test_a_completion_that_was_not_requested_costs_nothing(shared: World) -> None:
    outcome = (await completion("local/echo", "Hello")).outcome()

    assert (outcome.state, outcome.model, outcome.usage.cost_micro_usd) == ("complete", None, 0)


async def test_a_cancellation_is_raised(shared: World) -> None:
    written = await completion("local/hang-before-first", "Hello")
    running = asyncio.create_task(written.run(PATIENCE))
    await asyncio.sleep(0)
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
