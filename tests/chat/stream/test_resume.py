"""Resuming an answer: no text is missing or repeated, from any offset and in any process."""

import asyncio
from itertools import pairwise
from uuid import uuid4

import pytest

from stand_ins.openrouter.scenarios import SCRIPTS
from tests.second_process import OtherProcess
from tests.world import StreamResult, World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture
def world(emptied: World) -> World:
    """One stack is enough for all of these."""
    return emptied


@pytest.fixture
def other_process(shared_process: OtherProcess) -> OtherProcess:
    """One other process is enough, as no test kills it."""
    return shared_process


SLOWLY = "slowly " * 8


def _is_the_rest(result: StreamResult, whole: str, offset: int) -> bool:
    """Whether this is a stream that begins with `start`, has all of `whole` after `offset`, and counts it right."""
    counts = [offset, *(at for name, _, at in result.events if name == "delta" and at is not None)]
    lengths = [len(data["text"]) for name, data, _ in result.events if name == "delta"]
    return (
        result.names[0] == "start"
        and result.text == whole[offset:]
        and [after - before for before, after in pairwise(counts)] == lengths
    )


async def test_a_finished_answer_is_replayed_from_any_offset(world: World) -> None:
    result = await world.ask(model="local/crlf-split")
    assert result.text == SCRIPTS
    message_id = result.start["message_id"]

    for offset in range(len(SCRIPTS) + 1):
        again = await world.resume(message_id, offset)
        assert _is_the_rest(again, SCRIPTS, offset), offset
        assert again.start == result.start
        assert again.last == result.last


async def test_a_replay_without_an_offset_begins_at_the_start(world: World) -> None:
    result = await world.ask()

    again = await world.resume(result.start["message_id"])

    assert (again.text, again.last) == (result.text, result.last)


async def test_an_offset_beyond_the_text_gets_the_end_alone(world: World) -> None:
    result = await world.ask()

    again = await world.resume(result.start["message_id"], len(result.text) + 1000)

    assert again.names == ["start", "done"]


# Three follow one answer at a time.
@pytest.mark.parametrize("offsets", [(None, 1, 6), (7, 10, 20), (len(SLOWLY) - 1, len(SLOWLY), len(SLOWLY) + 9)])
async def test_a_running_answer_is_followed_from_any_offset(offsets: tuple[int | None, ...], world: World) -> None:
    message_id = str(uuid4())
    async with world.asking(model="local/slow", max_tokens=8, message_id=message_id) as answer:
        await answer.next()
        await answer.next()
        await answer.next()
        resumed = asyncio.gather(*(world.resume(message_id, offset) for offset in offsets))
        await answer.to_the_end()

    assert answer.result.text == SLOWLY
    for offset, result in zip(offsets, await resumed, strict=True):
        assert _is_the_rest(result, SLOWLY, min(offset or 0, len(SLOWLY))), offset
        assert result.start == answer.result.start
        assert result.last == answer.result.last


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("offsets", [(1, 7), (10, 20), (len(SLOWLY) - 1, len(SLOWLY)), (len(SLOWLY) + 9,)])
async def test_an_answer_of_another_process_is_followed_from_any_offset(
    offsets: tuple[int, ...], world: World, other_process: OtherProcess
) -> None:
    message_id = str(uuid4())
    async with other_process.asking(model="local/slow", max_tokens=8, message_id=message_id) as answer:
        await answer.next()
        await answer.next()
        async with world.following(message_id) as early:
            async with world.silence():
                # Who is there from the beginning hears it while it is written, not at its end.
                assert [(await early.next() or ("",))[0] for _ in range(2)] == ["start", "delta"]
            resumed = asyncio.gather(*(world.resume(message_id, offset) for offset in offsets))
            await answer.to_the_end()
            await early.to_the_end()

    for offset, result in zip([None, *offsets], [early.result, *await resumed], strict=True):
        assert _is_the_rest(result, SLOWLY, min(offset or 0, len(SLOWLY))), offset
        assert result.start == answer.result.start
        assert result.last == answer.result.last


async def test_a_broken_connection_resumes_where_it_broke(world: World) -> None:
    message_id = str(uuid4())

    async def piece(offset: int) -> tuple[str, int]:
        """The next piece and what offset it leads to, over a line that then breaks; nothing at the end."""
        async with world.following(message_id, offset) as stream:
            await stream.next()
            event = await stream.next()
        assert event is not None
        return ("", offset) if event[0] == "done" else (event[1]["text"], event[2] or 0)

    async with world.asking(model="local/slow", max_tokens=6, message_id=message_id) as answer:
        await answer.next()
    async with world.silence():
        text, offset = await piece(offset=0)
        assert text
    while True:
        more, offset = await piece(offset)
        if not more:
            break
        text += more

    assert text == "slowly " * 6
    assert world.quota() == (1, 0)


async def test_a_resumed_stream_repeats_the_reasoning_until_the_answer_begins(
    world: World, other_process: OtherProcess
) -> None:
    message_id = str(uuid4())
    async with world.asking(model="local/reasoning-slowly", message_id=message_id) as answer:
        while len(answer.result.reasoning) < 6:
            await answer.next()
        async with world.following(message_id) as local, other_process.following(message_id) as remote:
            async with world.silence():
                for stream in (local, remote):
                    assert [(await stream.next() or ("",))[0] for _ in range(2)] == ["start", "reasoning"]
            for stream in (answer, local, remote):
                await stream.to_the_end()

    assert answer.result.reasoning == "so " * 10
    assert local.result.reasoning == answer.result.reasoning
    # The last thoughts may not have been checkpointed when the answer was complete and its pieces went.
    assert answer.result.reasoning.startswith(remote.result.reasoning)
    assert local.result.text == remote.result.text == answer.result.text
    assert local.result.last == remote.result.last == answer.result.last


async def test_a_repeated_question_gets_the_same_answer(world: World) -> None:
    message_id, told_before = str(uuid4()), len(await world.sent_upstream())
    asked = [world.ask(model="local/slow", max_tokens=4, message_id=message_id) for _ in range(3)]

    result = await asyncio.gather(*asked)
    later = await world.ask(model="local/slow", max_tokens=4, message_id=message_id)

    for each in (*result, later):
        assert each.status == 200
        assert _is_the_rest(each, "slowly " * 4, 0)
        assert each.last == later.last
    assert len(await world.sent_upstream()) == told_before + 1
    assert world.quota() == (1, 0)


async def test_a_failed_answer_is_replayed_as_failed(world: World) -> None:
    broken = await world.ask(model="local/eof-midway")
    empty = await world.ask(model="local/empty")

    again = await world.resume(broken.start["message_id"])
    nothing = await world.resume(empty.start["message_id"])

    assert (again.text, again.last["state"], again.code) == (broken.text, "truncated", "upstream_error")
    assert (nothing.text, nothing.last["state"], nothing.code) == ("", "failed", "empty_answer")
    assert again.last["message_id"] == broken.start["message_id"]


async def test_an_answer_of_another_user_cannot_be_followed(world: World) -> None:
    async with world.asking(model="local/slow", max_tokens=3) as answer:
        start = await answer.next()
        assert start is not None
        path, question = f"/chat/stream/{start[1]['message_id']}", f"/chat/stream/{start[1]['user_message_id']}"
        running = [(await world.get(path, who)).status_code for who in (None, "ravi")]
        await answer.to_the_end()

    assert running == [401, 404]
    assert [(await world.get(path, who)).status_code for who in (None, "ravi")] == [401, 404]
    assert (await world.get(question)).status_code == 404
    assert (await world.get(f"/chat/stream/{uuid4()}")).status_code == 404
    assert (await world.get("/chat/stream/yesterday")).status_code == 404


@pytest.mark.parametrize("offset", ["-1", "1.5", "x", "१२", "9" * 30])
async def test_an_invalid_offset_is_refused(world: World, offset: str) -> None:
    sent = world.headers(**{"last-event-id": offset})
    headers = {name.encode(): value.encode() for name, value in sent.items()}

    refused = await world.http.get(f"/chat/stream/{uuid4()}", headers=headers)

    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["error"]["details"]] == ["Last-Event-ID"]
