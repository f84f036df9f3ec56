"""A user has few streams open at once: answers by their plan, and as many followers again, the newest of them."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from functions.chat_stream import chat_routes
from oneai import settings
from oneai.chat.stream import follower_leases
from oneai.http import event_stream
from tests.patience import eventually
from tests.second_process import OtherProcess
from tests.world import OpenStream, World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture
def world(emptied: World) -> World:
    """One stack is enough for all of these."""
    return emptied


@pytest.fixture
def other_process(shared_process: OtherProcess) -> OtherProcess:
    """One other process is enough, as no test kills it."""
    return shared_process


@asynccontextmanager
async def answering(world: World, count: int, who: str = "asha", **fields: object) -> AsyncIterator[list[OpenStream]]:
    """Runs this many answers until they are stopped, at the latest at the end of the block."""
    async with AsyncExitStack() as opened:
        answers = [
            await opened.enter_async_context(world.asking("Go on", who, model="local/slow", **fields))
            for _ in range(count)
        ]
        for answer in answers:
            assert await answer.next() is not None
            assert answer.result.status == 200, answer.result.body
        yield answers
        await stop(world, answers, who)


async def stop(world: World, answers: Sequence[OpenStream], who: str = "asha") -> None:
    """Ends them, and listens until they have."""
    for answer in answers:
        await world.post("/chat/stop", {"message_id": answer.result.start["message_id"]}, who)
    for answer in answers:
        await answer.to_the_end()


@asynccontextmanager
async def following(world: World, message_id: str) -> AsyncIterator[OpenStream]:
    """An open stream of an answer that is being written."""
    async with world.following(message_id) as stream:
        assert await stream.next() is not None
        yield stream


def places(world: World) -> int:
    """How many followers hold a place."""
    held: int = world.database.one("select count(*) from oneai.answer_followers where expires_at > oneai.now()")
    return held


def traces(world: World) -> tuple[int, int]:
    """How many conversations there are, and messages."""
    found: tuple[int, int] = world.database.one(
        "select (select count(*) from oneai.conversations), (select count(*) from oneai.chat_messages)"
    )
    return found


async def test_a_fifth_answer_of_the_free_plan_is_refused_until_one_ends(world: World) -> None:
    async with answering(world, 4) as answers:
        before = traces(world)
        fifth = await world.ask("Me too", model="local/echo")

        assert (fifth.status, fifth.code) == (429, "rate_limited")
        assert fifth.headers["retry-after"] == "5"
        assert fifth.body["error"]["message"].startswith("Your plan allows 4 answers at a time.")
        assert (traces(world), world.quota()) == (before, (0, 4))
        assert (await world.ask("And me", "ravi", model="local/echo")).last["state"] == "complete"

        await stop(world, answers[:1])
        assert (await world.ask("Now", model="local/echo")).last["state"] == "complete"


async def test_four_of_twenty_concurrent_questions_are_admitted(world: World) -> None:
    asked = {asyncio.create_task(world.ask(f"Question {n}", model="local/slow")) for n in range(20)}
    refused = [(await done).status for _, done in zip(range(16), asyncio.as_completed(asked), strict=False)]
    for message_id in world.database.rows("select id from oneai.reservations"):
        await world.post("/chat/stop", {"message_id": str(message_id)})
    result = await asyncio.gather(*asked)

    assert refused == [429] * 16
    assert [each.last["state"] for each in result if each.status == 200] == ["stopped"] * 4
    assert world.quota() == (4, 0)


async def test_each_compared_answer_counts(world: World) -> None:
    three = ["local/echo", "local/reasoning", "openai/gpt-4.1-mini"]
    async with answering(world, 2):
        refused = await world.ask("Which?", compare=three)
        let_in = await world.ask("Which?", compare=three[:2])

    assert (refused.status, refused.code) == (429, "rate_limited")
    assert let_in.events[-1][0] == "end"


@pytest.mark.parametrize(("tier", "stated", "most"), [("pro", "", 8), ("free", "free=1", 1), ("free", "pro=1", 4)])
async def test_the_plan_and_the_operator_set_the_limit(
    tier: str, stated: str, most: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSWERS_AT_ONCE", stated)
    settings.reset_cache()
    world.database.rows("update oneai.workspaces set subscription_tier = %s where id = %s", tier, world.people["asha"])

    try:
        async with answering(world, most):
            assert (await world.ask(model="local/echo")).code == "rate_limited"
    finally:
        monkeypatch.undo()
        settings.reset_cache()  # the stack, and with it the settings that were read, is that of the tests below


async def test_an_abandoned_answer_counts_until_its_lease_expires(world: World) -> None:
    world.database.rows(
        "insert into oneai.reservations "
        "(id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day) "
        "select gen_random_uuid(), %s, %s, oneai.now() + oneai.lease(), 'free', 'some/model', 'v1', oneai.today() "
        "from generate_series(1, 4)",
        *(world.people["asha"], world.people["asha"]),
    )
    assert (await world.ask(model="local/echo")).code == "rate_limited"

    world.database.advance(31)

    assert (await world.ask(model="local/echo")).last["state"] == "complete"


@pytest.mark.parametrize("writer", ["world", "other_process"])
async def test_a_fourth_follower_of_an_answer_ends_the_oldest(
    writer: str, world: World, other_process: OtherProcess
) -> None:
    writes = world if writer == "world" else other_process
    async with AsyncExitStack() as opened:
        (answer,) = await opened.enter_async_context(answering(writes, 1))
        message_id = answer.result.start["message_id"]
        oldest, *others = [await opened.enter_async_context(following(world, message_id)) for _ in range(3)]
        assert places(world) == 3

        newest = await opened.enter_async_context(following(world, message_id))
        moved_on = await oldest.to_the_end()

        assert (moved_on.code, moved_on.last["state"]) == ("rate_limited", "streaming")
        assert places(world) == 3
        await stop(writes, [answer])
        for result in (answer.result, *[await each.to_the_end() for each in (*others, newest)]):
            assert result.last["state"] == "stopped"
            assert result.text == answer.result.text
    assert places(world) == 0


async def test_a_user_who_keeps_reloading_is_admitted_each_time(world: World) -> None:
    async with answering(world, 4) as answers:
        for _ in range(5):
            for answer in answers:
                async with following(world, answer.result.start["message_id"]):
                    pass
        async with following(world, answers[0].result.start["message_id"]) as last:
            await stop(world, answers)
            result = await last.to_the_end()

    assert result.last["state"] == "stopped"


async def test_answers_and_followers_together_are_limited_to_twice_the_plans_answers(world: World) -> None:
    async with AsyncExitStack() as opened:
        one, other = await opened.enter_async_context(answering(world, 2))
        oldest, second, *_ = [
            await opened.enter_async_context(following(world, answer.result.start["message_id"]))
            for answer in (one, other)
            for _ in range(3)
        ]
        assert places(world) == 6

        # Two more answers of their own take the places of the oldest followers.
        more = await opened.enter_async_context(answering(world, 2))
        assert places(world) == 4
        # These read nothing of themselves: they hear of it when they renew their lease.
        third = await opened.enter_async_context(following(world, more[0].result.start["message_id"]))
        assert places(world) == 4

        await stop(world, [one, other, *more])
        assert (await third.to_the_end()).last["state"] == "stopped"
        for each in (oldest, second):
            assert (await each.to_the_end()).last["state"] in ("stopped", "streaming")


async def test_a_follower_without_its_place_ends_at_the_next_renewal(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_leases, "SECONDS_BETWEEN_RENEWALS", 0)
    async with answering(world, 1) as (answer,), following(world, answer.result.start["message_id"]) as follower:
        assert places(world) == 1
        world.database.rows("delete from oneai.answer_followers")

        assert (await follower.to_the_end()).code == "rate_limited"


async def test_twenty_followers_that_never_read_hold_three_places_and_block_nothing(world: World) -> None:
    host, port = world.address.removeprefix("http://").split(":")
    async with answering(world, 1) as (answer,):
        message_id = answer.result.start["message_id"]
        token = world.headers()["authorization"]
        request = f"GET /api/chat/stream/{message_id} HTTP/1.1\r\nhost: {host}\r\nauthorization: {token}\r\n\r\n"
        deaf = [await asyncio.open_connection(host, int(port)) for _ in range(20)]
        for _, writer in deaf:
            writer.write(request.encode())
        taken = await eventually(lambda: ended(deaf), lambda count: count == 17)

        assert (taken, places(world)) == (17, 3)
        assert (await world.ask("And me", "ravi", model="local/echo")).last["state"] == "complete"
        await stop(world, [answer])

    assert (answer.result.last["state"], world.quota(), places(world)) == ("stopped", (1, 0), 0)
    for _, writer in deaf:
        writer.close()


async def ended(connections: Sequence[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> int:
    """How many of them were sent the event that ends a follower. Nothing is read: it lies in our buffers."""
    return sum(b"rate_limited" in bytes(reader._buffer) for reader, _ in connections)  # type: ignore[attr-defined]


async def test_a_client_that_reads_nothing_is_disconnected_and_its_answer_continues(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "SECONDS_UNREAD", 0.1)
    message_id = str(uuid4())
    body = json.dumps({"message": "Hello", "model": "local/echo", "message_id": message_id}).encode()
    headers = [(name.encode(), value.encode()) for name, value in world.headers().items()]
    scope = {"type": "http", "method": "POST", "path": "/chat/stream", "query_string": b"", "headers": headers}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    await chat_routes.application()(scope, receive, send)

    assert await world.settled(message_id) == "complete"
    assert world.quota() == (1, 0)


async def test_moving_the_clock_by_a_month_during_a_flood_locks_out_no_user(world: World) -> None:
    async with answering(world, 4) as answers, following(world, answers[0].result.start["message_id"]) as follower:
        world.database.advance(40 * 86_400)
        flood = await asyncio.gather(*(world.ask(f"{n}", model="local/echo") for n in range(12)))
        await stop(world, answers)
        result = await follower.to_the_end()

    assert {each.status for each in flood} <= {200, 429}
    assert {each.code for each in flood if each.status == 429} <= {"rate_limited"}
    assert {answer.result.last["state"] for answer in answers} <= {"stopped", "truncated"}
    assert result.last["state"] in ("stopped", "truncated", "streaming")
    assert places(world) == 0
    assert world.quota()[1] == 0
    async with answering(world, 4):
        assert (await world.ask(model="local/echo")).code == "rate_limited"


async def test_a_user_can_neither_follow_an_answer_of_another_nor_end_its_followers(world: World) -> None:
    async with answering(world, 1) as (answer,):
        message_id = answer.result.start["message_id"]
        async with following(world, message_id) as follower:
            for _ in range(4):
                assert (await world.get(f"/chat/stream/{message_id}", "ravi")).status_code == 404
            assert places(world) == 1
            await stop(world, [answer])
            assert (await follower.to_the_end()).last["state"] == "stopped"
