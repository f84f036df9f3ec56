"""Postgres fails: a refused question costs nothing, an answer loses no text, and failed writes are made up for."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import pytest

from oneai.chat import jobs
from oneai.chat.turn import settle
from oneai.chat.turn.answer import running
from oneai.postgres import pool
from tests.patience import eventually, until
from tests.second_process import OtherProcess
from tests.wire import Wire
from tests.world import OpenStream, World

pytestmark = pytest.mark.sampled(0.4)

SLOWLY = "slowly " * 8


def _kept(world: World, message_id: str) -> str:
    """The running text as the pieces have it."""
    kept: str = world.database.one(
        "select coalesce(string_agg(text, '' order by at), '') from oneai.answer_pieces "
        "where message_id = %s and kind = 'text'",
        message_id,
    )
    return kept


async def _until_kept(world: World, message_id: str, beyond: int = 0) -> str:
    async def look() -> str:
        return _kept(world, message_id)

    return await eventually(look, lambda kept: len(kept) > beyond)


async def _so_many_words(answer: OpenStream, many: int) -> str:
    """Reads until this many words have arrived. Returns the text."""
    while answer.result.text.count(" ") < many:
        assert await answer.next() is not None, answer.result.events
    return answer.result.text


def _answers(world: World) -> list[tuple[str, str]]:
    return world.database.rows("select state, content from oneai.chat_messages where role = 'assistant'")


def _recorded(world: World) -> list[tuple[str, str, int]]:
    return world.database.rows("select purpose, outcome, charged from oneai.usage_events order by id")


async def test_a_question_during_a_postgres_outage_is_refused_and_free(world: World, wire: Wire) -> None:
    await world.ask()
    wire.break_()

    refused = await world.ask("Are you there?")

    assert (refused.status, refused.code) == (503, "busy")
    assert int(refused.headers["retry-after"]) > 0
    assert world.quota() == (1, 0)
    assert world.database.one("select count(*) from oneai.conversations") == 1
    assert len(await world.sent_upstream()) == 1
    wire.mend()
    assert (await world.ask("And now?")).last["state"] == "complete"


async def test_a_question_is_refused_while_postgres_hangs(
    world: World, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.ask()
    wire.hang()

    with monkeypatch.context() as impatient:
        impatient.setattr(pool, "SILENCE_SECONDS", 0.5)
        refused = await world.ask("Are you there?")

    assert (refused.status, refused.code) == (503, "busy")
    wire.mend()
    assert (await world.ask("And now?")).last["state"] == "complete"
    # It may have been let in long after it was refused: that holds a unit for as long as a lease, and takes none.
    world.database.advance(31)
    await jobs.settle_open_answers()
    assert world.quota() == (2, 0)
    assert len(await world.sent_upstream()) == 2


async def test_other_requests_are_refused_during_an_outage_and_recover(world: World, wire: Wire) -> None:
    conversation = (await world.ask()).start["conversation_id"]
    paths = ["/quota/status", "/conversations", f"/conversations/{conversation}/messages", "/health/ready"]
    assert [(await world.get(path)).status_code for path in paths] == [200] * 4

    wire.break_()
    answers = await asyncio.gather(*(world.get(path) for path in paths))
    assert [(each.status_code, each.json()["error"]["code"]) for each in answers] == [(503, "busy")] * 4
    assert (await world.get("/health")).status_code == 200

    wire.mend()
    assert [(await world.get(path)).status_code for path in paths] == [200] * 4


async def test_an_answer_streams_whole_during_an_outage_and_is_saved_afterwards(world: World, wire: Wire) -> None:
    async with world.asking(model="local/slow", max_tokens=8) as answer:
        await answer.next()
        await answer.next()
        wire.break_()
        await answer.to_the_end()

    assert (answer.result.text, answer.result.last["state"]) == (SLOWLY, "complete")
    assert answer.result.last["quota"] is None
    assert answer.result.last["usage"]["completion_tokens"] == 8
    assert _answers(world)[0][0] == "streaming"

    wire.mend()
    assert await world.settled(answer.result.start["message_id"]) == "complete"
    assert _answers(world) == [("complete", SLOWLY)]
    assert (world.quota(), _recorded(world)) == ((1, 0), [("answer", "complete", 1)])


async def test_an_answer_streams_whole_while_postgres_hangs(
    world: World, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle, "SECONDS_UNTIL_ENDING", 0.5)
    async with world.asking(model="local/slow", max_tokens=8) as answer:
        await answer.next()
        await answer.next()
        wire.hang()
        await answer.to_the_end()

    assert (answer.result.text, answer.result.last["state"]) == (SLOWLY, "complete")
    assert answer.result.last["quota"] is None

    wire.mend()
    assert await world.settled(answer.result.start["message_id"]) == "complete"
    assert (world.quota(), _recorded(world)) == ((1, 0), [("answer", "complete", 1)])


async def test_a_reader_who_resumes_during_an_outage_gets_the_answer_from_its_writer(world: World, wire: Wire) -> None:
    async with world.asking(model="local/slow", max_tokens=6) as answer:
        await _so_many_words(answer, 1)
        wire.break_()
        again = await world.resume(answer.result.start["message_id"], 7)
        await answer.to_the_end()

    assert again.text == answer.result.text[7:]
    assert again.last == answer.result.last
    wire.mend()
    assert await world.settled(answer.result.start["message_id"]) == "complete"


async def test_text_lost_in_a_postgres_crash_is_stored_again(world: World) -> None:
    message_id = str(uuid4())
    async with world.asking(model="local/slow", max_tokens=64, message_id=message_id) as answer:
        await _until_kept(world, message_id)
        lost = len(_kept(world, message_id))
        world.database.rows("delete from oneai.answer_pieces")  # its commits had not reached the disk
        kept = await _until_kept(world, message_id, beyond=lost)
        text = running[UUID(message_id)].text()
        await world.post("/chat/stop", {"message_id": message_id})
        await answer.to_the_end()

    assert text.startswith(kept)
    assert answer.result.text.startswith(kept)


async def test_a_failed_checkpoint_is_included_in_the_next(world: World, wire: Wire) -> None:
    message_id = str(uuid4())
    async with world.asking(model="local/slow", max_tokens=8, message_id=message_id) as answer:
        await _so_many_words(answer, 2)
        async with world.silence():
            # All that was said is kept, so that nothing is on its way when the wire breaks.
            writing = running[UUID(message_id)]
            await until(lambda: _kept(world, message_id) == writing.text())
            wire.break_()
            before = writing.text()
        text = await _so_many_words(answer, 5)
        async with world.silence():
            assert text.startswith(before)
            assert _kept(world, message_id) == before

            wire.mend()
            assert (await _until_kept(world, message_id, beyond=len(text) - 1)).startswith(text)
        await answer.to_the_end()

    assert answer.result.last["quota"]["used"] == 1
    assert _answers(world) == [("complete", SLOWLY)]


async def test_a_checkpoint_with_a_lost_reply_is_stored_once_and_followers_miss_nothing(
    world: World, other_process: OtherProcess, wire: Wire
) -> None:
    message_id = str(uuid4())
    async with world.asking(model="local/slow", max_tokens=8, message_id=message_id) as answer:
        resumed = asyncio.create_task(other_process.resume(message_id))
        for words in (1, 3, 5):
            text = await _so_many_words(answer, words)
            async with world.silence():
                await _until_kept(world, message_id, beyond=len(text) - 1)
                wire.lose_the_next_reply_to("oneai.checkpoint")
        await answer.to_the_end()

    assert answer.result.text == (await resumed).text == SLOWLY
    assert _answers(world) == [("complete", SLOWLY)]
    assert world.quota() == (1, 0)


async def test_a_settlement_with_a_lost_reply_settles_once(world: World, wire: Wire) -> None:
    await world.ask()
    wire.lose_the_next_reply_to("oneai.settle(")

    result = await world.ask()

    assert (result.last["state"], result.last["quota"]["used"]) == ("complete", 2)
    assert (world.quota(), _recorded(world)) == ((2, 0), [("answer", "complete", 1)] * 2)


async def test_an_admission_with_a_lost_reply_costs_nothing(world: World, wire: Wire) -> None:
    await world.ask()
    wire.lose_the_next_reply_to("oneai.admit(")
    message_id = str(uuid4())

    lost = await world.ask(message_id=message_id)
    again = asyncio.create_task(world.ask(message_id=message_id))
    # The retry finds it, but no process writes its answer: that shows when its lease is over.
    while not (again.done() or world.quota() != (1, 1)):
        world.database.advance(10)
        await asyncio.sleep(0.1)

    assert (lost.status, lost.code) == (503, "busy")
    assert ((await again).last["state"], (await again).text) == ("failed", "")
    assert world.quota() == (1, 0)
    assert len(await world.sent_upstream()) == 1


def _cut_connections(world: World) -> int:
    """As a server does that is stopped and started again; how many there were."""
    cut = world.database.rows(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = current_database() and usename = 'oneai_app'"
    )
    return len(cut)


async def test_connections_cut_while_idle_are_replaced_before_use(world: World) -> None:
    async with AsyncExitStack() as many_at_once:
        for _ in range(8):
            await many_at_once.enter_async_context(pool.borrow())
    assert _cut_connections(world) == 8

    result = await world.ask()

    assert (result.status, result.last["state"]) == (200, "complete")


async def test_a_postgres_restart_during_an_answer_goes_unnoticed(world: World) -> None:
    async with world.asking(model="local/slow", max_tokens=8) as answer:
        await _so_many_words(answer, 1)
        assert _cut_connections(world) > 0
        await answer.to_the_end()

    assert (answer.result.last["state"], answer.result.last["quota"]["used"]) == ("complete", 1)
    assert _answers(world) == [("complete", SLOWLY)]


async def test_a_follower_of_another_process_waits_for_postgres_to_come_back(
    world: World, other_process: OtherProcess, wire: Wire
) -> None:
    message_id = str(uuid4())
    async with other_process.asking(model="local/slow", max_tokens=8, message_id=message_id) as answer:
        await answer.next()
        await _until_kept(world, message_id)
        async with world.following(message_id) as following:
            async with world.silence():
                await following.next()
                await following.next()
                wire.break_()
            await answer.to_the_end()
            wire.mend()
            await following.to_the_end()

    assert answer.result.last["state"] == "complete"
    assert (following.result.text, following.result.last) == (SLOWLY, answer.result.last)


async def test_a_follower_learns_that_the_conversation_was_deleted(world: World, other_process: OtherProcess) -> None:
    message_id = str(uuid4())
    async with other_process.asking(model="local/slow", message_id=message_id) as answer:
        await answer.next()
        await _until_kept(world, message_id)
        path = f"/chat/stream/{message_id}"
        async with world.http.stream("GET", path, headers=world.headers()) as response:
            following = OpenStream(response)
            await following.next()
            world.database.rows("delete from oneai.conversations")
            await asyncio.gather(answer.to_the_end(), following.to_the_end())

    # The producer notices at its next checkpoint, and asks no more of the upstream.
    for each in (answer, following):
        assert (each.result.last["state"], each.result.last["finish_reason"]) == ("stopped", "cancelled")
    assert world.quota() == (1, 0)


async def test_each_checkpoint_stores_reasoning_at_its_offset(world: World, wire: Wire) -> None:
    # Pieces are deleted when the answer is settled, so its settlement does not arrive.
    wire.break_at("oneai.settle(")
    message_id = str(uuid4())

    asked = asyncio.create_task(world.ask("Hello", model="local/reasoning-slowly", message_id=message_id))
    await until(lambda: wire.broken)
    pieces = world.database.rows(
        "select at, text from oneai.answer_pieces where message_id = %s and kind = 'reasoning' order by n", message_id
    )
    wire.mend()
    await asked

    assert len(pieces) > 2
    assert [at for at, _ in pieces] == [sum(len(text) for _, text in pieces[:n]) for n in range(len(pieces))]
