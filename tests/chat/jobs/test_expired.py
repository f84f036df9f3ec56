"""A process dies, or is silent for longer than its lease: what was kept stays, and everything is counted once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import psycopg
import pytest

from oneai.chat import jobs
from oneai.clients.model_streams import completion
from oneai.models import providers
from oneai.postgres import pool
from tests.patience import eventually, until
from tests.second_process import OtherProcess
from tests.wire import Wire
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

LEASE = 31


async def _until_kept(world: World, message_id: str, kind: str = "text", beyond: int = 0) -> str:
    async def look() -> str:
        kept: str = world.database.one(
            "select coalesce(string_agg(text, '' order by at), '') from oneai.answer_pieces "
            "where message_id = %s and kind = %s",
            message_id,
            kind,
        )
        return kept

    return await eventually(look, lambda kept: len(kept) > beyond)


async def _left_behind(
    other_process: OtherProcess, *people: str, model: str = "local/slow", kind: str = "text"
) -> list[str]:
    """Answers whose process is killed while it writes them; their ids."""
    answers = [str(uuid4()) for _ in people]
    async with AsyncExitStack() as all_at_once:
        for who, answer in zip(people, answers, strict=True):
            asked = other_process.asking("Take your time", who, model=model, message_id=answer)
            await all_at_once.enter_async_context(asked)
        for answer in answers:
            await _until_kept(other_process, answer, kind)
        other_process.kill()
        await other_process.process.wait()
    return answers


def _stored(world: World, message_id: str) -> tuple[str, str]:
    found: tuple[str, str] = world.database.one(
        "select state, content from oneai.chat_messages where id = %s", message_id
    )
    return found


def _recorded(world: World, message_id: str) -> list[tuple[str, str, int]]:
    return world.database.rows(
        "select purpose, outcome, charged from oneai.usage_events where message_id = %s order by id", message_id
    )


def _spent(world: World) -> tuple[int, int, int]:
    """The day's money: held, settled, and what all usage adds up to."""
    found: tuple[int, int, int] = world.database.one(
        "select sum(held_micro_usd)::bigint, sum(settled_micro_usd)::bigint, "
        "(select sum(cost_micro_usd)::bigint from oneai.usage_events) from oneai.daily_spend"
    )
    return found


async def _conversation(world: World, message_id: str) -> str:
    return str(world.database.one("select conversation_id from oneai.chat_messages where id = %s", message_id))


type Touch = Callable[[World, str, str], Awaitable[object]]


async def _reads_it(world: World, who: str, message_id: str) -> None:
    page = await world.get(f"/conversations/{await _conversation(world, message_id)}/messages", who)
    assert page.json()["items"][-1]["state"] == "truncated"
    assert page.json()["items"][-1]["content"].startswith("slowly")


async def _comes_back(world: World, who: str, message_id: str) -> None:
    result = await world.resume(message_id, who=who)
    assert (result.names, result.last["state"]) == (["start", "delta", "error"], "truncated")


async def _asks_on(world: World, who: str, message_id: str) -> None:
    result = await world.ask("Go on", who, conversation_id=await _conversation(world, message_id), model="local/empty")
    assert (result.status, result.code) == (200, "empty_answer")
    messages = (await world.sent_upstream())[-1]["messages"]
    assert [each["role"] for each in messages] == ["user", "assistant", "user"]


async def _asks_again(world: World, who: str, message_id: str) -> None:
    result = await world.ask("Take your time", who, model="local/slow", message_id=message_id)
    assert (result.text[:6], result.last["state"]) == ("slowly", "truncated")


async def _stops_it(world: World, who: str, message_id: str) -> None:
    stopped = await world.post("/chat/stop", {"message_id": message_id}, who)
    assert (stopped.status_code, stopped.json()["state"]) == (200, "truncated")


async def _lets_the_job_do_it(world: World, who: str, message_id: str) -> None:
    await jobs.settle_open_answers()


TOUCHES: list[Touch] = [_reads_it, _comes_back, _asks_on, _asks_again, _stops_it]


async def test_any_reader_of_an_expired_answer_settles_it(
    world: World, other_process: OtherProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    # The job is last: it settles every user's.
    touches = [*TOUCHES, _lets_the_job_do_it]
    people = [world.newcomer() for _ in touches]
    answers = await _left_behind(other_process, *people)
    assert [world.quota(who) for who in people] == [(0, 1)] * len(people)

    world.database.advance(LEASE)
    for touch, who, answer in zip(touches, people, answers, strict=True):
        capsys.readouterr()
        await touch(world, who, answer)
        state, content = _stored(world, answer)
        assert (state, content[:6], world.quota(who)) == ("truncated", "slowly", (1, 0)), touch
        assert _recorded(world, answer)[:1] == [("answer", "truncated", 1)], touch
        assert capsys.readouterr().out.count('"reservation_lapsed"') == 1, touch

    alerts = world.database.rows("select kind, subject, count from oneai.operator_alerts")
    assert alerts == [("reservation_lapsed", "local/slow", len(touches))]
    assert _spent(world)[0] == 0


async def test_an_answer_counts_as_running_until_its_lease_expires(world: World, other_process: OtherProcess) -> None:
    (answer,) = await _left_behind(other_process, "asha")
    conversation = await _conversation(world, answer)

    page = (await world.get(f"/conversations/{conversation}/messages")).json()["items"]
    busy = await world.ask(conversation_id=conversation)
    await jobs.settle_open_answers()

    assert (page[-1]["state"], page[-1]["content"][:6]) == ("streaming", "slowly")
    assert (busy.status, busy.code) == (409, "conversation_busy")
    assert 0 < int(busy.headers["retry-after"]) <= 30
    assert world.quota() == (0, 1)


async def test_a_killed_answer_without_any_visible_text_is_free(world: World, other_process: OtherProcess) -> None:
    (answer,) = await _left_behind(other_process, "asha", model="local/hang-while-thinking", kind="reasoning")

    world.database.advance(LEASE)
    result = await world.resume(answer)

    assert (result.text, result.last["state"], result.code) == ("", "failed", "internal_error")
    assert world.quota() == (0, 0)
    assert _recorded(world, answer) == [("answer", "failed", 0)]


async def _until_proved(world: World) -> None:
    """Until a checkpoint has said that a tool call or a picture came."""
    await until(lambda: world.database.rows("select 1 from oneai.reservations where unstored_tokens is not null"))


async def test_a_killed_answer_with_a_picture_alone_is_charged(world: World, other_process: OtherProcess) -> None:
    answer = str(uuid4())
    async with other_process.asking("A cat", "asha", model="local/hang-after-image", message_id=answer):
        await _until_proved(world)
        other_process.kill()
        await other_process.process.wait()

    world.database.advance(LEASE)
    result = await world.resume(answer)

    assert (result.text, result.last["state"], result.code) == ("", "truncated", "internal_error")
    assert world.quota() == (1, 0)
    assert _recorded(world, answer)[0] == ("answer", "truncated", 1)


async def test_a_killed_answer_with_a_tool_call_alone_is_charged(world: World, other_process: OtherProcess) -> None:
    tool = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
    body = {
        "model": "local/hang-after-call",
        "messages": [{"role": "user", "content": "Hello"}],
        "tools": [tool],
        "stream": True,
    }
    asking = asyncio.create_task(other_process.post("/v1/chat/completions", body, "asha"))
    await _until_proved(world)
    other_process.kill()
    await asyncio.gather(asking, return_exceptions=True)

    world.database.advance(LEASE)
    await jobs.settle_open_answers()

    assert world.quota() == (1, 0)
    assert world.database.one(
        "select outcome, charged, completion_tokens > 0 from oneai.usage_events where purpose = 'answer'"
    ) == ("truncated", 1, True)


async def test_concurrent_readers_settle_an_answer_once(world: World, other_process: OtherProcess) -> None:
    (answer,) = await _left_behind(other_process, "asha")
    world.database.advance(LEASE)

    touches = [touch for touch in TOUCHES if touch is not _asks_on]
    await asyncio.gather(
        *(touch(world, "asha", answer) for touch in touches),
        *(jobs.settle_open_answers() for _ in range(3)),
    )

    assert world.quota() == (1, 0)
    assert [row for row in _recorded(world, answer) if row[0] == "answer"] == [("answer", "truncated", 1)]
    assert world.database.one("select sum(count) from oneai.operator_alerts") == 1


async def test_a_late_writer_extends_the_text_and_is_charged_once(world: World, other_process: OtherProcess) -> None:
    answer = str(uuid4())
    async with other_process.asking(model="local/slow", max_tokens=10, message_id=answer) as writing:
        await writing.next()
        async with world.silence():
            kept = await _until_kept(world, answer)
            other_process.freeze()
            world.database.advance(LEASE)
            await jobs.settle_open_answers()
            lapsed, counted = _stored(world, answer), world.quota()
            other_process.thaw()
        await writing.to_the_end()

    assert lapsed[0] == "truncated"
    assert lapsed[1].startswith(kept)
    assert counted == (1, 0)
    assert writing.result.last["state"] == "complete"
    assert _stored(world, answer) == ("complete", "slowly " * 10)
    assert world.quota() == (1, 0)
    # What it really cost is known now, and corrects what was estimated.
    assert _recorded(world, answer) == [("answer", "truncated", 1), ("correction", "complete", 0)]
    assert _spent(world) == (0, *[writing.result.last["usage"]["cost_micro_usd"]] * 2)


async def test_a_writer_that_resumes_before_its_first_word_streams_for_free(
    world: World, other_process: OtherProcess
) -> None:
    answer = str(uuid4())
    async with other_process.asking(model="local/reasoning-slowly", message_id=answer) as writing:
        await writing.next()
        await writing.next()
        async with world.silence():
            await _until_kept(world, answer, "reasoning")
            other_process.freeze()
            world.database.advance(LEASE)
            await jobs.settle_open_answers()
            lapsed = _stored(world, answer)
            other_process.thaw()
        await writing.to_the_end()

    assert lapsed == ("failed", "")
    assert writing.result.last["state"] == "complete"
    assert _stored(world, answer) == ("complete", writing.result.text)
    assert world.quota() == (0, 0)
    assert _recorded(world, answer) == [("answer", "failed", 0), ("correction", "complete", 0)]


async def test_the_outcome_from_the_writer_replaces_that_of_the_expired_lease(
    world: World, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All text is kept; only usage is still to come when Postgres goes away.
    monkeypatch.setattr(completion, "USAGE_WAIT_SECONDS", 3)
    wire.break_at("oneai.settle(")
    answer = str(uuid4())
    asked = asyncio.create_task(world.ask(model="local/hang-after-finish", message_id=answer))
    await _until_kept(world, answer, beyond=len("All is said"))
    await until(lambda: wire.broken)
    world.database.advance(LEASE)
    world.database.rows("select oneai.expire_answer(%s)", answer)
    lapsed = _stored(world, answer)
    result = await asked
    wire.mend()

    async def look() -> tuple[str, str]:
        return _stored(world, answer)

    assert lapsed == ("truncated", "All is said.")
    assert result.last["state"] == "complete"
    assert await eventually(look, lambda stored: stored[0] != "truncated") == ("complete", "All is said.")
    assert world.quota() == (1, 0)


async def _generation(world: World) -> str:
    generation_id: str = (await world.upstream_requests())[-1]["generation_id"]
    return generation_id


async def test_the_job_fetches_the_cost_of_an_expired_answer(world: World, other_process: OtherProcess) -> None:
    (answer,) = await _left_behind(other_process, "asha")
    world.database.advance(LEASE)
    # The upstream knows it a moment after it ended.
    await providers.fetch_generation_stats(await _generation(world))
    stats = await providers.fetch_generation_stats(await _generation(world))

    ran = [await jobs.settle_open_answers() for _ in range(2)]

    assert ran == [{"settled": 1, "corrected": 0}, {"settled": 0, "corrected": 0}]
    assert stats is not None
    assert _recorded(world, answer) == [("answer", "truncated", 1)]
    assert world.database.rows("select cost_micro_usd, completion_tokens, estimated from oneai.usage_events") == [
        (stats.usage.cost_micro_usd, stats.usage.completion_tokens, False)
    ]
    assert _spent(world) == (0, *[stats.usage.cost_micro_usd] * 2)


async def test_the_job_corrects_an_estimated_cost_once(world: World, other_process: OtherProcess) -> None:
    (answer,) = await _left_behind(other_process, "asha")
    world.database.advance(LEASE)

    ran = [await jobs.settle_open_answers() for _ in range(4)]
    stats = await providers.fetch_generation_stats(await _generation(world))

    # When it was settled the upstream knew nothing yet.
    assert ran == [
        {"settled": 1, "corrected": 0},
        {"settled": 0, "corrected": 1},
        *[{"settled": 0, "corrected": 0}] * 2,
    ]
    assert stats is not None
    assert _recorded(world, answer) == [("answer", "truncated", 1), ("correction", "truncated", 0)]
    assert _spent(world) == (0, *[stats.usage.cost_micro_usd] * 2)
    assert world.quota() == (1, 0)


async def test_an_answer_that_cannot_be_settled_blocks_no_other(
    world: World, other_process: OtherProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "SILENCE_SECONDS", 1)
    stuck, free = await _left_behind(other_process, "asha", "ravi")
    world.database.advance(LEASE)

    with psycopg.connect(world.database.url("postgres")) as other:
        other.execute("select from oneai.users where id = %s for update", [world.people["asha"]])
        ran = await jobs.settle_open_answers()

        assert ran["settled"] == 1
        assert (_stored(world, stuck)[0], _stored(world, free)[0]) == ("streaming", "truncated")
    # What the job has given up Postgres may still carry out; else the next run does.
    await jobs.settle_open_answers()
    assert await world.settled(stuck) == "truncated"
    assert (world.quota("asha"), world.quota("ravi")) == ((1, 0), (1, 0))


async def test_the_job_corrects_the_cost_of_a_stopped_answer(world: World) -> None:
    async with world.asking(model="local/slow") as answer:
        await answer.next()
        await answer.next()
        await world.post("/chat/stop", {"message_id": answer.result.start["message_id"]})
        await answer.to_the_end()
    estimated = answer.result.last["usage"]

    await providers.fetch_generation_stats(await _generation(world))
    ran = await asyncio.gather(*(jobs.settle_open_answers() for _ in range(3)))
    stats = await providers.fetch_generation_stats(await _generation(world))

    assert estimated["estimated"] is True
    assert max(each["corrected"] for each in ran) == 1
    assert stats is not None
    assert _recorded(world, answer.result.start["message_id"]) == [
        ("answer", "stopped", 1),
        ("correction", "stopped", 0),
    ]
    assert _spent(world) == (0, *[stats.usage.cost_micro_usd] * 2)
    assert world.quota() == (1, 0)
