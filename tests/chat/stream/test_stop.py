"""Stopping an answer, anywhere and at any time; and leaving, which does not stop it."""

import asyncio
from uuid import uuid4

import pytest

from tests.patience import eventually
from tests.second_process import OtherProcess
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture
def world(emptied: World) -> World:
    """One stack is enough for all of these."""
    return emptied


@pytest.fixture
def other_process(shared_process: OtherProcess) -> OtherProcess:
    """One other process is enough, as no test kills it."""
    return shared_process


async def _stop(world: World, message_id: str, who: str | None = "asha") -> tuple[int, dict[str, str]]:
    answer = await world.post("/chat/stop", {"message_id": message_id}, who)
    return answer.status_code, answer.json()


async def test_a_stopped_answer_keeps_its_text_and_is_charged_once(world: World) -> None:
    async with world.asking(model="local/slow") as answer:
        start = await answer.next()
        await answer.next()
        assert start is not None
        message_id = start[1]["message_id"]

        assert await _stop(world, message_id) == (202, {"message_id": message_id, "state": "streaming"})
        await answer.to_the_end()

    done = answer.result.last
    assert (done["state"], done["finish_reason"]) == ("stopped", "cancelled")
    assert (done["quota"]["used"], world.quota()) == (1, (1, 0))
    assert answer.result.text.startswith("slowly")
    stored = world.database.one(
        "select content, state, finish_reason from oneai.chat_messages where id = %s", message_id
    )
    assert stored == (answer.result.text, "stopped", "cancelled")


async def test_stopping_closes_the_upstream_connection(world: World) -> None:
    async with world.asking(model="local/slow") as answer:
        start = await answer.next()
        await answer.next()
        assert start is not None
        await _stop(world, start[1]["message_id"])

        requests = await eventually(
            world.upstream_requests, lambda requests: requests[-1]["client_disconnected_at_frame"] is not None
        )

    assert requests[-1]["client_disconnected_at_frame"] < 20


async def test_a_client_with_its_own_id_can_stop_before_reading_anything(world: World) -> None:
    message_id = str(uuid4())
    asking = asyncio.create_task(world.ask(model="local/slow", message_id=message_id))

    async def stop() -> int:
        return (await _stop(world, message_id))[0]

    # Until the question is admitted there is nothing to stop.
    assert await eventually(stop, lambda status: status != 404) == 202
    assert (await asking).last["state"] == "stopped"


async def test_stopping_a_finished_answer_changes_nothing(world: World) -> None:
    message_id = (await world.ask()).start["message_id"]
    before = world.database.rows("select * from oneai.chat_messages order by sequence_number")

    assert await _stop(world, message_id) == (200, {"message_id": message_id, "state": "complete"})
    assert await _stop(world, message_id) == (200, {"message_id": message_id, "state": "complete"})

    assert world.database.rows("select * from oneai.chat_messages order by sequence_number") == before
    assert world.quota() == (1, 0)


async def test_stopping_twice_has_the_effect_of_once(world: World) -> None:
    message_id = str(uuid4())
    async with world.asking(model="local/slow", message_id=message_id) as answer:
        await answer.next()
        await answer.next()
        statuses = {status for status, _ in await asyncio.gather(*(_stop(world, message_id) for _ in range(5)))}
        await answer.to_the_end()

    assert statuses <= {200, 202}
    assert answer.result.last["state"] == "stopped"
    assert world.database.rows("select outcome, charged from oneai.usage_events") == [("stopped", 1)]


async def test_an_answer_of_another_user_cannot_be_stopped(world: World) -> None:
    async with world.asking(model="local/slow", max_tokens=4) as answer:
        start = await answer.next()
        assert start is not None
        message_id, question_id = start[1]["message_id"], start[1]["user_message_id"]

        assert (await _stop(world, message_id, None))[0] == 401
        assert (await _stop(world, message_id, "ravi"))[0] == 404
        assert (await _stop(world, question_id))[0] == 404
        assert (await _stop(world, str(uuid4())))[0] == 404
        await answer.to_the_end()

    assert answer.result.last["state"] == "complete"


@pytest.mark.parametrize(
    ("body", "field"), [({}, "message_id"), ({"message_id": "7"}, "message_id"), ({"message_id": None}, "message_id")]
)
async def test_a_stop_without_an_answer_id_is_refused(world: World, body: dict[str, str], field: str) -> None:
    refused = await world.post("/chat/stop", body)

    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["error"]["details"]] == [field]


async def test_an_answer_of_another_process_is_stopped_at_its_next_checkpoint(
    world: World, other_process: OtherProcess
) -> None:
    async with other_process.asking(model="local/slow") as answer:
        start = await answer.next()
        await answer.next()
        assert start is not None
        assert (await _stop(world, start[1]["message_id"]))[0] == 202
        await answer.to_the_end()

    assert (answer.result.last["state"], answer.result.last["quota"]["used"]) == ("stopped", 1)
    assert world.quota() == (1, 0)


async def test_a_question_can_be_asked_once_the_previous_answer_is_stopped(world: World) -> None:
    async with world.asking(model="local/slow") as answer:
        start = await answer.next()
        await answer.next()
        assert start is not None
        busy = await world.ask(conversation_id=start[1]["conversation_id"])
        await _stop(world, start[1]["message_id"])
        await answer.to_the_end()
    again = await world.ask(conversation_id=start[1]["conversation_id"], model="local/echo")

    assert (busy.status, busy.code) == (409, "conversation_busy")
    assert int(busy.headers["retry-after"]) > 0
    assert again.last["state"] == "complete"
    assert [each["role"] for each in (await world.sent_upstream())[-1]["messages"]] == ["user", "assistant", "user"]


async def test_leaving_does_not_stop_an_answer(world: World) -> None:
    message_id = str(uuid4())
    async with world.asking(model="local/slow", max_tokens=5, message_id=message_id) as answer:
        await answer.next()
        await answer.next()

    assert await world.settled(message_id) == "complete"
    stored = world.database.one("select content from oneai.chat_messages where id = %s", message_id)
    assert stored == "slowly " * 5
    assert world.quota() == (1, 0)
    assert (await world.upstream_requests())[-1]["client_disconnected_at_frame"] is None


async def test_a_reader_who_reads_nothing_does_not_delay_the_answer(world: World) -> None:
    message_id = str(uuid4())
    async with world.asking(model="local/1mb", message_id=message_id) as answer:
        await answer.next()

        # More than every buffer on the way holds, and no client reads it.
        assert await world.settled(message_id) == "complete"
        await answer.to_the_end()

    assert len(answer.result.text) == 1_048_576
