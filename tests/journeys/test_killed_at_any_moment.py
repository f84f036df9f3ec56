"""Processes are killed while answers are written: the stack recovers, no stored text is lost, nothing counts twice."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack, suppress
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests import effort
from tests.journeys.running_stack import RunningStack
from tests.patience import eventually
from tests.world import OpenStream, remaining_events

# The lease is thirty seconds, and the job comes every minute.
TWO_MINUTES = 120


async def _until_kept(stack: RunningStack, message_id: str) -> str:
    async def look() -> str:
        kept: str = stack.database.one(
            "select coalesce(string_agg(text, '' order by at), '') from oneai.answer_pieces where message_id = %s",
            message_id,
        )
        return kept

    return await eventually(look, bool)


async def _listen_until_it_breaks(answer: OpenStream) -> None:
    try:
        await answer.to_the_end()
    except httpx.TransportError:
        return
    raise AssertionError("the stream was to break")


async def _left_behind(stack: RunningStack, *questions: tuple[str, str]) -> list[OpenStream]:
    """Answers to `(who, model)` whose process is killed once something of each was kept, as they were heard."""
    async with AsyncExitStack() as all_at_once:
        answers = []
        for who, model in questions:
            asking = stack.asking("Take your time", who, model=model)
            answers.append(await all_at_once.enter_async_context(asking))
        for answer in answers:
            await answer.next()
            await _until_kept(stack, answer.result.start["message_id"])
        await stack.kill("chat_stream")
        for answer in answers:
            await _listen_until_it_breaks(answer)
    return answers


@pytest.mark.exhaustive
async def test_stored_text_of_killed_answers_is_kept_and_all_is_settled_in_two_minutes(stack: RunningStack) -> None:
    reader, thinker = stack.newcomer(), stack.newcomer()

    spoken, thought = await _left_behind(stack, (reader, "local/slow"), (thinker, "local/hang-while-thinking"))
    # The gateway is there again, and knows whose answers might still be written somewhere.
    assert await stack.quota_of(reader) == (0, 1)
    (_, running) = await stack.messages(reader, spoken.result.start["conversation_id"])
    assert running["state"] == "streaming"
    assert spoken.result.text.startswith(running["content"]) or running["content"].startswith(spoken.result.text)

    before = await stack.alerts_emitted()
    await stack.advance(TWO_MINUTES)

    (_, truncated) = await stack.messages(reader, spoken.result.start["conversation_id"])
    (_, failed) = await stack.messages(thinker, thought.result.start["conversation_id"])
    assert (truncated["state"], truncated["content"]) == ("truncated", running["content"])
    assert (failed["state"], failed["content"]) == ("failed", "")
    assert (await stack.quota_of(reader), await stack.quota_of(thinker)) == ((1, 0), (0, 0))
    assert (await stack.alerts_emitted())[len(before) :].count("reservation_lapsed") == 2
    assert stack.database.one("select count(*) from oneai.operator_alerts where kind = 'reservation_lapsed'") == 2

    again = await stack.ask("Go on", reader, conversation_id=spoken.result.start["conversation_id"], model="local/echo")
    assert again.last["state"] == "complete"


async def _kill_after(stack: RunningStack, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await stack.kill("chat_stream")


async def test_answers_killed_at_any_moment_are_neither_lost_stuck_nor_charged_twice(stack: RunningStack) -> None:
    chance = effort.rng("killed at any moment")
    who = stack.newcomer()
    questions: list[tuple[str, str]] = []
    for _ in range(effort.sample(3, 20)):
        message_id, result = str(uuid4()), ""
        killing = asyncio.create_task(_kill_after(stack, chance.uniform(0, 0.3)))
        with suppress(httpx.TransportError):
            async with stack.asking("Count to 100000", who, model="local/long", message_id=message_id) as answer:
                async for name, data, _ in remaining_events(answer):
                    result += data["text"] if name == "delta" else ""
        await killing
        questions.append((message_id, result))

    await stack.advance(TWO_MINUTES)

    stored = {
        str(message_id): (state, content)
        for message_id, state, content in stack.database.rows(
            "select id, state, content from oneai.chat_messages where user_id = %s and role = 'assistant'",
            stack.people[who],
        )
    }
    for message_id, result in questions:
        state, content = stored.get(message_id, ("failed", ""))
        assert state in ("complete", "truncated", "failed")
        assert result.startswith(content) or content.startswith(result)
        assert (state == "failed") == (content == "")
    assert await stack.quota_of(who) == (len([1 for _, content in stored.values() if content]), 0)
    assert stack.database.one("select count(*) from oneai.answer_pieces") == 0


@pytest.mark.exhaustive
async def test_a_job_killed_halfway_runs_again_and_charges_once(stack: RunningStack) -> None:
    stuck, free = stack.newcomer(), stack.newcomer()
    await _left_behind(stack, (stuck, "local/slow"), (free, "local/slow"))

    with psycopg.connect(stack.database.url("postgres")) as other:
        other.execute("select from oneai.users where id = %s for update", [stack.people[stuck]])
        stack.database.advance(31)
        running = asyncio.create_task(stack.run("settle_answers"))

        async def look() -> tuple[int, int]:
            return stack.quota(free)

        # It has done the one, and is in the middle of the other.
        await eventually(look, lambda quota: quota == (1, 0))
        assert stack.quota(stuck) == (0, 1)
        await stack.kill("settle_answers")
        assert (await running)["status"] == "killed"
        other.rollback()

    for _ in range(2):
        assert (await stack.run("settle_answers"))["status"] == "succeeded"

    assert (stack.quota(stuck), stack.quota(free)) == ((1, 0), (1, 0))
    recorded = stack.database.rows(
        "select count(*) from oneai.usage_events where purpose = 'answer' and user_id = any(%s) group by user_id",
        [stack.people[stuck], stack.people[free]],
    )
    assert recorded == [1, 1]


async def test_an_answer_that_continues_after_its_lease_streams_whole_and_is_charged_once(stack: RunningStack) -> None:
    who = stack.newcomer()
    async with stack.asking("Take your time", who, model="local/slow", max_tokens=12) as answer:
        await answer.next()
        await _until_kept(stack, answer.result.start["message_id"])

        # For all but its writer two minutes have passed; whether it renews its lease before the job sees that it
        # ran out is chance.
        await stack.advance(TWO_MINUTES)
        await answer.to_the_end()

    assert (answer.result.text, answer.result.last["state"]) == ("slowly " * 12, "complete")
    (_, stored) = await stack.messages(who, answer.result.start["conversation_id"])
    assert (stored["content"], stored["state"]) == ("slowly " * 12, "complete")
    assert await stack.quota_of(who) == (1, 0)


@pytest.mark.exhaustive
async def test_a_terminating_gateway_settles_first_and_a_new_one_replaces_it(stack: RunningStack) -> None:
    patient, quick = stack.newcomer(), stack.newcomer()
    (gateway,) = [pid for pid, command in stack.processes.programs().items() if "local.serve" in command]
    async with (
        stack.asking("Take your time", patient, model="local/slow") as answer,
        stack.asking("A few words", quick, model="local/slow", max_tokens=8) as short,
    ):
        await answer.next()
        await short.next()
        await _until_kept(stack, answer.result.start["message_id"])

        os.kill(gateway, signal.SIGTERM)
        await asyncio.gather(answer.to_the_end(), short.to_the_end())
    await stack.come_back_later()

    assert short.result.last["state"] == "complete"
    assert (answer.result.last["state"], answer.result.code) == ("truncated", "internal_error")
    (_, stored) = await stack.messages(patient, answer.result.start["conversation_id"])
    assert (stored["content"], stored["state"]) == (answer.result.text, "truncated")
    assert (await stack.quota_of(patient), await stack.quota_of(quick)) == ((1, 0), (1, 0))
