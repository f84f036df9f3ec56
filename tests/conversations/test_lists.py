"""The list of a user's conversations, the last used one first."""

from typing import Any

import pytest

from tests.world import World


async def pages(world: World, who: str, limit: int) -> list[list[dict[str, Any]]]:
    """All pages of the list."""
    found, params = [], {"limit": str(limit)}
    while True:
        answer = await world.get("/conversations", who, **params)
        assert answer.status_code == 200
        found.append(answer.json()["items"])
        if answer.json()["next_cursor"] is None:
            return found
        params["cursor"] = answer.json()["next_cursor"]


def conversations(world: World, who: str, many: int) -> list[str]:
    """Creates this many conversations, three at each moment. Returns their ids in the order of the list."""
    return [
        str(found)
        for found in world.database.rows(
            """
            with made as (
              insert into oneai.conversations (workspace_id, user_id, title, last_message_at)
              select %s, %s, 'Number ' || n, '2026-11-21 00:00:00.123456Z'::timestamptz + n / 3 * interval '1
                microsecond'
              from generate_series(1, %s) as n
              returning id, last_message_at
            )
            select id from made order by last_message_at desc, id desc
            """,
            *(world.people[who], world.people[who]),
            many,
        )
    ]


@pytest.mark.parametrize(("many", "limit"), [(0, 50), (1, 1), (50, 50), (51, 50), (100, 7), (120, 100)])
async def test_every_conversation_is_listed_once_in_order(many: int, limit: int, shared: World) -> None:
    who = shared.newcomer()
    expected = conversations(shared, who, many)

    found = await pages(shared, who, limit)

    assert [item["id"] for items in found for item in items] == expected
    assert all(len(items) == limit for items in found[:-1])


async def test_a_new_message_moves_its_conversation_to_the_top(shared: World) -> None:
    who = shared.newcomer()
    older = (await shared.ask("First", who)).start["conversation_id"]
    newer = (await shared.ask("Second", who)).start["conversation_id"]
    assert [item["id"] for item in (await pages(shared, who, 50))[0]] == [newer, older]

    await shared.ask("Again", who, conversation_id=older)

    assert [item["id"] for item in (await pages(shared, who, 50))[0]] == [older, newer]


async def test_a_cursor_of_another_user_reveals_none_of_their_conversations(shared: World) -> None:
    mine, yours = shared.newcomer(), shared.newcomer()
    conversations(shared, mine, 10)
    own = conversations(shared, yours, 2)
    cursor = (await shared.get("/conversations", mine, limit="5")).json()["next_cursor"]

    found = await shared.get("/conversations", yours, cursor=cursor)

    assert {item["id"] for item in found.json()["items"]} <= set(own)
