"""Many answers in one process, and what befalls some of them: the others end as if they were alone."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from oneai.chat.turn.answer import MAX_CHARACTERS
from tests import effort
from tests.lambda_stream.chat import Chat, ChatStream, running_chat
from tests.patience import eventually
from tests.wire import Wire
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

MANY = effort.sample(16, 200)
CONTENT = "select content from oneai.chat_messages where id = %s"
HELD = "select count(*) from oneai.reservations where settled_at is null"
STATES = "select state, count(*) from oneai.chat_messages where role = 'assistant' group by state order by state"


async def all_begin(streams: list[ChatStream], words: str = "event: delta") -> None:
    for stream in streams:
        assert await stream.status() == 200
        await stream.read_until(words)


def many(world: World, chat: Chat, count: int, model: str, **fields: Any) -> list[ChatStream]:
    """Sends this many questions, fifty per user, because their plan has a hundred units."""
    people = [world.newcomer() for _ in range(-(-count // 50))]
    return [chat.ask(people[n // 50], model, **fields) for n in range(count)]


async def test_failing_stalled_and_unread_answers_do_not_affect_others(world: World, tmp_path: Path) -> None:
    async with running_chat(world, tmp_path, 64) as chat:
        stalled = many(world, chat, 12, "local/hang-midway")
        await all_begin(stalled)
        failed = chat.ask("ravi", "local/error-midway")
        unread = chat.ask("ravi", "local/1mb")
        unread.invocation.may_read.clear()
        whole = many(world, chat, 24, "local/echo", message="What is asked comes back.")

        for stream in (failed, *whole):
            assert await stream.status() == 200
            await stream.to_the_end()
        assert {(each.text, each.last["state"]) for each in whole} == {("What is asked comes back.", "complete")}
        assert failed.last["state"] == "truncated"
        unread.invocation.may_read.set()
        assert await unread.status() == 200
        await unread.to_the_end()
        assert unread.last["state"] == "complete"
        owners = dict(world.database.rows("select id::text, user_id from oneai.chat_messages where role = 'assistant'"))
        by_user = {user_id: name for name, user_id in world.people.items()}
        for stream in stalled:
            await chat.stop(by_user[owners[stream.message_id]], stream.message_id)
            await stream.to_the_end()
            assert stream.last["state"] == "stopped"
        await eventually(lambda: unsettled(world), lambda count: count == 0)


async def test_an_oversized_answer_is_cut_off_and_others_are_complete(world: World, tmp_path: Path) -> None:
    async with running_chat(world, tmp_path, 64) as chat:
        slow = many(world, chat, 8, "local/slow", max_tokens=6)
        await all_begin(slow)
        endless = chat.ask("ravi", "local/5mb")
        whole = many(world, chat, 8, "local/echo", message="What is asked comes back.")
        for stream in (*whole, endless):
            assert await stream.status() == 200
        await asyncio.gather(*(each.to_the_end() for each in (*slow, *whole, endless)))

    assert {(each.text, each.last["state"]) for each in slow} == {("slowly " * 6, "complete")}
    assert {(each.text, each.last["state"]) for each in whole} == {("What is asked comes back.", "complete")}
    assert (endless.last["state"], endless.last["finish_reason"]) == ("stopped", "budget")
    assert MAX_CHARACTERS < len(endless.text) < MAX_CHARACTERS + 100_000
    assert world.database.one(CONTENT, endless.message_id) == endless.text


async def unsettled(world: World) -> int:
    count: int = world.database.one(HELD)
    return count


async def test_two_concurrent_copies_of_a_question_are_one_answer_with_two_streams(
    world: World, tmp_path: Path
) -> None:
    async with running_chat(world, tmp_path, 64) as chat:
        first = chat.ask("asha", "local/slow", max_tokens=6)
        again = chat.ask("asha", "local/slow", max_tokens=6, message_id=first.message_id)
        await all_begin([first, again])
        await asyncio.gather(first.to_the_end(), again.to_the_end())

        assert first.text == again.text == "slowly " * 6
        assert world.quota() == (1, 0)


async def test_a_follower_in_the_generating_process_gets_everything(world: World, tmp_path: Path) -> None:
    async with running_chat(world, tmp_path, 64) as chat:
        answer = chat.ask("asha", "local/slow", max_tokens=8)
        await all_begin([answer])
        follower, stranger = chat.follow("asha", answer.message_id), chat.follow("ravi", answer.message_id)
        assert await stranger.status() == 404
        await all_begin([follower])
        await asyncio.gather(answer.to_the_end(), follower.to_the_end())

        assert follower.text == answer.text == "slowly " * 8
        assert follower.last["state"] == "complete"


@pytest.mark.exhaustive
async def test_all_answers_survive_a_postgres_restart(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Wire(world.database).strung() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.url)
        async with running_chat(world, tmp_path, MANY) as chat:
            streams = many(world, chat, MANY, "local/slow", max_tokens=40)
            await all_begin(streams)
            wire.break_()
            # Tokens wait for no statement.
            for stream in streams:
                before = len(stream.received)
                await stream.read_until(stream.received + "id: ")
                assert len(stream.received) > before
            wire.mend()
            await asyncio.gather(*(stream.to_the_end() for stream in streams))

    assert {(each.text, each.last["state"]) for each in streams} == {("slowly " * 40, "complete")}
    assert world.database.rows(STATES) == [("complete", MANY)]
    assert world.database.one(HELD) == 0


async def test_sigterm_settles_every_answer_being_written(world: World, tmp_path: Path) -> None:
    async with running_chat(world, tmp_path, MANY) as chat:
        streams = many(world, chat, MANY, "local/slow")
        await all_begin(streams)
        os.kill(chat.function.process.pid, signal.SIGTERM)
        await asyncio.gather(*(stream.to_the_end() for stream in streams))
        assert await chat.function.exit_code() == 0

    assert {each.last["state"] for each in streams} == {"truncated"}
    assert world.database.rows(STATES) == [("truncated", MANY)]
    assert world.database.one(HELD) == 0
    stored = dict(world.database.rows("select id::text, content from oneai.chat_messages where role = 'assistant'"))
    assert all(stored[each.message_id] == each.text for each in streams)
