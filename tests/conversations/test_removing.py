"""A deletion removes a conversation with all its data, and keeps its cost."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


async def delete(world: World, path: str, who: str) -> httpx.Response:
    """`DELETE /api…`."""
    return await world.http.delete(path, headers=world.headers(who))


async def bulk(world: World, who: str, action: str, *ids: str) -> list[tuple[str, str]]:
    """The result for each conversation."""
    answer = await world.post("/conversations/bulk", {"ids": ids, "action": action}, who)
    assert answer.status_code == 200, answer.text
    return [(each["id"], each["status"]) for each in answer.json()["results"]]


def left(world: World, who: str) -> list[int]:
    """The number of conversations, messages, pieces, ratings and open reservations of `who`."""
    return [
        world.database.one(query, world.people[who])
        for query in (
            "select count(*) from oneai.conversations where user_id = %s",
            "select count(*) from oneai.chat_messages where user_id = %s",
            "select count(*) from oneai.answer_pieces where user_id = %s",
            "select count(*) from oneai.message_feedback where user_id = %s",
            "select count(*) from oneai.reservations where user_id = %s and settled_at is null",
        )
    ]


async def test_a_deleted_conversation_is_gone_and_its_usage_is_kept(shared: World) -> None:
    who = shared.newcomer()
    kept = (await shared.ask("Stay", who)).start["conversation_id"]
    start = (await shared.ask("Go", who)).start
    talk, answer = start["conversation_id"], start["message_id"]
    path = f"/conversations/{talk}"
    await shared.http.put(f"{path}/messages/{answer}/feedback", json={"rating": 1}, headers=shared.headers(who))

    gone = await delete(shared, path, who)

    assert (gone.status_code, gone.content) == (204, b"")
    for where in (path, f"{path}/messages", f"/chat/stream/{answer}"):
        assert (await shared.get(where, who)).status_code == 404
    assert (await delete(shared, path, who)).status_code == 404
    assert left(shared, who) == [1, 2, 0, 0, 0]
    assert [item["id"] for item in (await shared.get("/conversations", who)).json()["items"]] == [kept]
    used = shared.database.rows(
        "select cost_micro_usd from oneai.usage_events where message_id = %s and purpose = 'answer'", answer
    )
    assert len(used) == 1
    assert used[0] > 0
    assert shared.quota(who) == (2, 0)


async def test_an_answer_being_written_ends_when_its_conversation_is_deleted(shared: World) -> None:
    who = shared.newcomer()
    async with shared.asking("Go on", who, model="local/slow") as stream:
        while not stream.result.text:
            assert await stream.next() is not None
        start = stream.result.start

        gone = await delete(shared, f"/conversations/{start['conversation_id']}", who)

        assert gone.status_code == 204
        while await stream.next() is not None:
            pass
    assert (stream.result.names[-1], stream.result.last["state"]) == ("done", "stopped")
    assert left(shared, who) == [0, 0, 0, 0, 0]
    outcome, charged = shared.database.one(
        "select outcome, charged from oneai.usage_events where message_id = %s", start["message_id"]
    )
    assert (outcome, charged) == ("stopped", 1)
    assert shared.quota(who) == (1, 0)
    assert (await shared.get(f"/chat/stream/{start['message_id']}", who)).status_code == 404


async def test_a_very_long_conversation_is_deleted_at_once(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 10_000)

    assert (await delete(shared, f"/conversations/{talk}", who)).status_code == 204

    assert left(shared, who)[:2] == [0, 0]


async def test_a_bulk_deletion_reports_each_conversation(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    mine = [conversation(shared, who, 2) for _ in range(30)]
    theirs, never = conversation(shared, other, 2), str(uuid4())

    found = await bulk(shared, who, "delete", *mine[:25], theirs, never, mine[0])

    assert found == [*((each, "ok") for each in mine[:25]), (theirs, "not_found"), (never, "not_found")]
    assert left(shared, who)[:2] == [5, 10]
    assert left(shared, other)[:2] == [1, 2]
    assert await bulk(shared, who, "delete", mine[0]) == [(mine[0], "not_found")]


async def test_two_bulk_deletions_in_opposite_order_do_not_deadlock(shared: World) -> None:
    who = shared.newcomer()
    mine = [conversation(shared, who, 20) for _ in range(20)]

    both = await asyncio.gather(bulk(shared, who, "delete", *mine), bulk(shared, who, "delete", *reversed(mine)))

    done = [talk for found in both for talk, status in found if status == "ok"]
    assert sorted(done) == sorted(mine)


async def test_deleting_everything_leaves_conversations_of_others(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    for messages in (3,) * 45 + (5_001, 3_000, 3_000):  # no two of them are deleted together
        conversation(shared, who, messages)
    conversation(shared, other, 2)
    shared.database.rows("update oneai.conversations set archived = true where user_id = %s", shared.people[who])
    await shared.ask("Hello", who)

    first, again = await delete(shared, "/conversations", who), await delete(shared, "/conversations", who)

    assert (first.status_code, again.status_code) == (204, 204)
    assert left(shared, who) == [0, 0, 0, 0, 0]
    assert left(shared, other)[:2] == [1, 2]
    assert shared.quota(who) == (1, 0)
