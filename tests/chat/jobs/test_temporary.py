"""A temporary conversation: kept until ten minutes after its last answer, then deleted but for its cost."""

import asyncio

import pytest

from oneai.chat import jobs
from tests.world import World

TEN_MINUTES = 600


@pytest.fixture
def world(emptied: World) -> World:
    """Without data of earlier tests: the job deletes that of every user."""
    return emptied


ECHO = {"model": "local/echo"}


def left(world: World) -> tuple[int, int, int]:
    """How many conversations, messages and usage events there are."""
    found: tuple[int, int, int] = world.database.one(
        "select (select count(*) from oneai.conversations), (select count(*) from oneai.chat_messages), "
        "(select count(*) from oneai.usage_events)"
    )
    return found


async def statuses(world: World, start: dict[str, str]) -> dict[str, int]:
    """The status of each route."""
    talk = f"/conversations/{start['conversation_id']}"
    ask = {"conversation_id": start["conversation_id"], **ECHO}
    return {
        "messages": (await world.get(f"{talk}/messages")).status_code,
        "conversation": (await world.get(talk)).status_code,
        "resume": (await world.resume(start["message_id"])).status,
        "stop": (await world.post("/chat/stop", {"message_id": start["message_id"]})).status_code,
        "ask": (await world.post("/chat/stream", {"message": "Next", **ask})).status_code,
        "edit": (await world.post("/chat/stream", {"message": "?", "edit_of": start["user_message_id"]})).status_code,
        "regenerate": (await world.post("/chat/stream", {"regenerate_of": start["message_id"]})).status_code,
    }


async def test_a_temporary_conversation_can_continue_and_is_not_listed(world: World) -> None:
    first = await world.ask("Between us", temporary=True, **ECHO)
    talk = {"conversation_id": first.start["conversation_id"]}

    second = await world.ask("And this", **talk, **ECHO)
    third = await world.ask("And this too", temporary=True, **talk, **ECHO)
    edited = await world.ask("Rather this", edit_of=third.start["user_message_id"], **ECHO)

    assert {each.last["state"] for each in (first, second, third, edited)} == {"complete"}
    page = await world.get(f"/conversations/{talk['conversation_id']}/messages")
    assert [each["content"] for each in page.json()["items"]][-1] == "Rather this"
    assert (await world.get("/conversations")).json()["items"] == []


async def test_a_temporary_conversation_is_deleted_ten_minutes_after_its_last_answer(world: World) -> None:
    first = await world.ask("Between us", temporary=True, **ECHO)
    world.database.advance(TEN_MINUTES - 30)
    second = await world.ask("And this", conversation_id=first.start["conversation_id"], **ECHO)
    world.database.advance(TEN_MINUTES - 30)
    assert (await world.resume(second.start["message_id"])).text == "And this"
    assert await jobs.delete_expired_temporary() == 0

    world.database.advance(31)

    assert set((await statuses(world, second.start)).values()) == {404}
    assert left(world) == (1, 4, 2), "the job has not come yet"
    again = await world.ask("Between us", temporary=True, message_id=first.start["message_id"], **ECHO)
    assert again.status == 404
    assert await jobs.delete_expired_temporary() == 1
    assert left(world) == (0, 0, 2)
    assert world.quota() == (2, 0)
    assert set((await statuses(world, second.start)).values()) == {404}


async def test_a_temporary_conversation_is_kept_while_an_answer_is_written(world: World) -> None:
    async with world.asking("Slowly", temporary=True, model="local/slow") as stream:
        for _ in range(3):
            await stream.next()
        world.database.advance(TEN_MINUTES)
        assert await jobs.delete_expired_temporary() == 0
        await world.post("/chat/stop", {"message_id": stream.result.start["message_id"]})
        await stream.to_the_end()

    assert (await world.resume(stream.result.start["message_id"])).last["state"] == "stopped"
    world.database.advance(TEN_MINUTES + 1)
    assert await jobs.delete_expired_temporary() == 1


async def test_a_temporary_comparison_is_kept_until_ten_minutes_after_its_last_answer(world: World) -> None:
    result = await world.ask("Hello", temporary=True, compare=["local/echo", "local/reasoning-slowly"])
    echo, slow = result.start["message_ids"]
    assert {result.of(each).last["state"] for each in (echo, slow)} == {"complete"}

    world.database.advance(TEN_MINUTES + 1)

    assert (await world.resume(echo)).status == (await world.resume(slow)).status == 404
    assert await jobs.delete_expired_temporary() == 1
    assert left(world) == (0, 0, 2)


async def test_a_regular_conversation_never_expires(world: World) -> None:
    kept = await world.ask("On the record", **ECHO)

    refused = await world.post(
        "/chat/stream", {"message": "?", "conversation_id": kept.start["conversation_id"], "temporary": True}
    )
    edited = await world.post(
        "/chat/stream", {"message": "?", "edit_of": kept.start["user_message_id"], "temporary": True}
    )

    for answer in (refused, edited):
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
        assert [each["field"] for each in answer.json()["error"]["details"]] == ["temporary"]
    world.database.advance(TEN_MINUTES * 1000)
    assert await jobs.delete_expired_temporary() == 0
    assert left(world) == (1, 2, 1)


async def test_more_than_one_batch_is_deleted_at_once_even_by_two_jobs(world: World) -> None:
    world.database.rows(
        "insert into oneai.conversations (workspace_id, user_id, temporary, expires_at) "
        "select %s, %s, true, oneai.now() - make_interval(secs => n) from generate_series(1, 450) as n",
        *(world.people["asha"], world.people["asha"]),
    )
    start = (await world.ask("Kept", temporary=True, **ECHO)).start

    gone = await asyncio.gather(jobs.delete_expired_temporary(), jobs.delete_expired_temporary())

    assert sum(gone) == 450
    assert left(world) == (1, 2, 1)
    assert (await world.resume(start["message_id"])).status == 200


async def test_a_temporary_conversation_of_another_user_cannot_be_read(world: World) -> None:
    start = (await world.ask("Mine", temporary=True, **ECHO)).start

    assert (await world.get(f"/conversations/{start['conversation_id']}/messages", "ravi")).status_code == 404
    assert (await world.resume(start["message_id"], who="ravi")).status == 404
