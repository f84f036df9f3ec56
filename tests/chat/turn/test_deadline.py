"""A function has a deadline and a process has an end: an answer is cut in time to be settled."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from functions.chat_stream import chat_routes
from oneai import chat
from oneai.chat import jobs
from tests.patience import PATIENCE, eventually
from tests.second_process import OtherProcess
from tests.served import served
from tests.wire import Wire
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


async def _until_kept(world: World) -> None:
    async def look() -> int:
        count: int = world.database.one("select count(*) from oneai.answer_pieces")
        return count

    await eventually(look, lambda pieces: pieces > 0)


class _Function:
    """The streaming function in an environment that gives each request `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.app = chat_routes.application()
        self.seconds = seconds
        self.tasks: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        deadline = int((time.time() + self.seconds) * 1000)
        invocation = {"request_id": "the-invocation", "deadline_ms": deadline, "tasks": self.tasks}
        await self.app({**scope, "extensions": {"oneai.invocation": invocation}}, receive, send)


@asynccontextmanager
async def _with_seconds(world: World, seconds: float) -> AsyncIterator[tuple[World, _Function]]:
    """A world whose function has `seconds` for a request."""
    function = _Function(seconds)
    async with served(lambda _: function) as address, httpx.AsyncClient(base_url=address, timeout=PATIENCE) as http:
        before, world.http = world.http, http
        try:
            yield world, function
        finally:
            world.http = before


async def test_an_answer_ends_itself_ten_seconds_before_the_deadline(world: World) -> None:
    async with _with_seconds(world, 13) as (hurried, function):
        result = await hurried.ask(model="local/slow")

        assert result.names == ["start", "delta", "error"]
        assert (result.last["state"], result.code) == ("truncated", "timeout")
        assert result.last["request_id"] == result.headers["x-request-id"] == "the-invocation"
        assert world.quota() == (1, 0)
        # The runtime waits for this before the process may be frozen.
        await asyncio.gather(*function.tasks)
    stored = world.database.one("select state, content from oneai.chat_messages where role = 'assistant'")
    assert stored == ("truncated", result.text)
    assert (await world.upstream_requests())[-1]["client_disconnected_at_frame"] is not None


async def test_an_answer_without_time_for_a_word_is_free(world: World) -> None:
    async with _with_seconds(world, 9) as (hurried, _):
        result = await hurried.ask(model="local/slow")

    assert (result.names, result.last["state"], result.code) == (["start", "error"], "failed", "timeout")
    assert world.quota() == (0, 0)


async def test_settling_is_given_up_in_time_and_the_lease_expires(world: World, wire: Wire) -> None:
    wire.break_at("oneai.settle(")
    async with _with_seconds(world, 3) as (hurried, function):
        async with hurried.asking(model="local/slow") as answer:
            await answer.to_the_end()
        await asyncio.gather(*function.tasks)
        wire.mend()

    message_id = answer.result.start["message_id"]
    assert world.quota() == (0, 1)
    world.database.advance(31)
    await jobs.settle_open_answers()
    assert world.quota() == (0, 0)
    assert await world.settled(message_id) == "failed"


async def test_a_follower_of_another_process_ends_before_the_deadline_and_may_resume(
    world: World, other_process: OtherProcess
) -> None:
    async with other_process.asking(model="local/slow") as answer:
        await answer.next()
        await answer.next()
        message_id = answer.result.start["message_id"]
        await _until_kept(world)
        async with _with_seconds(world, 8) as (hurried, _):
            first = await hurried.resume(message_id)
        coming_back = asyncio.create_task(world.resume(message_id, len(first.text)))
        await world.post("/chat/stop", {"message_id": message_id})
        rest = await coming_back
        await answer.to_the_end()

    assert (first.names, first.last["state"], first.code) == (["start", "delta", "error"], "streaming", "timeout")
    assert first.text + rest.text == answer.result.text
    assert rest.last == answer.result.last


async def test_a_terminating_process_settles_its_unfinished_answers(world: World) -> None:
    quick = asyncio.create_task(world.ask(model="local/slow", max_tokens=3, who="ravi"))
    async with world.asking(model="local/slow") as answer:
        await answer.next()
        await answer.next()
        await _until_kept(world)

        await chat.finish_all(5)
        await answer.to_the_end()

    # What could finish in time did.
    assert (await quick).last["state"] == "complete"
    assert (answer.result.last["state"], answer.result.code) == ("truncated", "internal_error")
    assert (world.quota("asha"), world.quota("ravi")) == ((1, 0), (1, 0))
    stored = world.database.one(
        "select content, state from oneai.chat_messages where id = %s", answer.result.start["message_id"]
    )
    assert stored == (answer.result.text, "truncated")
