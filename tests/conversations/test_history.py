"""A user's questions and answers, across conversations, the newest first."""

from typing import Any
from uuid import uuid4

import pytest

from oneai import cursors
from tests.chat.traces import fields
from tests.conversations.api import create_conversation
from tests.talks import conversation
from tests.world import World

# The same at every run: it is part of tests' names, which several processes compare.
NOBODYS = "5d1f3c52-8a0e-4b1c-9a50-6f7c1a2b3c4d"


async def history(world: World, who: str, **params: Any) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await world.get("/chat/history", who, **{"limit": 3, **params})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return found
        assert len(answer.json()["items"]) == params.get("limit", 3)
        params["cursor"] = answer.json()["next_cursor"]


async def contents(world: World, who: str, **params: Any) -> list[str]:
    """The contents of the messages."""
    return [each["content"] for each in await history(world, who, **params)]


TURNS = [
    ("What of rain?", "Rain today", "a/one", None),
    ("And trains?", "Trains run", "a/one", None),
    ("Snow?", "No snow", "b/two", None),
    ("Rain?", "More rain", "b/two", "a/one"),
]


def diary(world: World, who: str) -> list[str]:
    """Two conversations by turns on four days in November, a question and its answer of one moment each; their ids."""
    user, talks = world.people[who], [str(uuid4()), str(uuid4())]
    for talk in talks:
        world.database.rows(
            "insert into oneai.conversations (id, workspace_id, user_id, title) values (%s, %s, %s, 'Diary')",
            *(talk, user, user),
        )
    for n, (question, answer, asked, served) in enumerate(TURNS):
        world.database.rows(
            """
            with asked as (
              insert into oneai.chat_messages (conversation_id, user_id, role, content, model_id, sequence_number,
                parent_message_id, created_at)
              select c.id, c.user_id, 'user', %s, t.asked, t.number,
                (select m.id from oneai.chat_messages as m
                  where m.conversation_id = c.id and m.sequence_number = t.number - 1), t.at
              from oneai.conversations as c
              cross join (select %s as asked, %s::integer as number, %s::timestamptz as at) as t where c.id = %s
              returning *
            )
            insert into oneai.chat_messages (conversation_id, user_id, role, content, model_id, model_served,
              sequence_number, parent_message_id, created_at)
            select conversation_id, user_id, 'assistant', %s, model_id, %s, sequence_number + 1, id, created_at
            from asked
            """,
            *(question, asked, n // 2 * 2 + 1, f"2026-11-0{n + 1}T06:30:00Z", talks[n % 2], answer, served),
        )
    return talks


NEWEST_FIRST = ["More rain", "Rain?", "No snow", "Snow?", "Trains run", "And trains?", "Rain today", "What of rain?"]


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, NEWEST_FIRST),
        ({"limit": 1}, NEWEST_FIRST),
        ({"limit": 100}, NEWEST_FIRST),
        ({"from": "2026-11-03T06:30:00Z"}, NEWEST_FIRST[:4]),
        ({"to": "2026-11-03T06:30:00Z"}, NEWEST_FIRST[4:]),
        ({"from": "2026-11-02T00:00:00+05:30", "to": "2026-11-03T00:00:00Z"}, NEWEST_FIRST[4:6]),
        ({"from": "2026-11-03", "to": "2026-11-03"}, NEWEST_FIRST[2:4]),
        ({"to": "2026-11-02", "tz": "Pacific/Honolulu"}, NEWEST_FIRST[2:]),
        ({"model": "a/one"}, [NEWEST_FIRST[0], *NEWEST_FIRST[4:]]),
        ({"model": "b/two"}, NEWEST_FIRST[:4]),
        ({"model": "b"}, []),
        ({"q": "rain "}, ["More rain", "Rain?", "Rain today", "What of rain?"]),
        ({"q": "RAIN"}, ["More rain", "Rain?", "Rain today", "What of rain?"]),
        ({"q": "trai"}, ["Trains run", "And trains?"]),
        ({"q": '"more rain"'}, ["More rain"]),
        ({"q": "rain more"}, ["More rain"]),
        ({"q": '"rain more"'}, []),
        ({"q": "rain ", "model": "b/two", "to": "2026-11-05T00:00:00Z"}, ["More rain", "Rain?"]),
        ({"q": "Diary"}, []),
        ({"q": ""}, []),
        ({"q": "?!"}, []),
        ({"q": "'; drop table -- \\ & | ! <-> :* ("}, []),
        ({"q": "rain\0"}, ["More rain", "Rain?", "Rain today", "What of rain?"]),
    ],
    ids=str,
)
async def test_history_is_listed_backwards_by_its_filters(
    params: dict[str, Any], expected: list[str], shared: World
) -> None:
    who = shared.newcomer()
    diary(shared, who)

    assert await contents(shared, who, **params) == expected


async def test_a_message_in_history_has_its_conversation(shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who, title="Plans")
    start = (await shared.ask("Hello", who, conversation_id=made["id"])).start

    found = await history(shared, who)

    messages = (await shared.get(f"/conversations/{made['id']}/messages", who)).json()["items"]
    where = {"conversation_id": made["id"], "title": "Plans"}
    assert found == [{**each, **where} for each in reversed(messages)]
    assert found[0]["id"] == start["message_id"]


async def test_only_visible_messages_are_history(shared: World) -> None:
    who = shared.newcomer()
    hidden, archived, temporary = diary(shared, who)[0], conversation(shared, who, 2), conversation(shared, who, 2)
    shared.database.rows("update oneai.conversations set archived = true where id = %s", archived)
    shared.database.rows("update oneai.conversations set temporary = true where id = %s", temporary)
    shared.database.rows("update oneai.chat_messages set is_latest = false where conversation_id = %s", hidden)

    found = await history(shared, who)

    assert {each["conversation_id"] for each in found} & {hidden, temporary} == set()
    assert archived in {each["conversation_id"] for each in found}


async def test_history_has_only_messages_of_its_user(shared: World) -> None:
    mine, yours = shared.newcomer(), shared.newcomer()
    diary(shared, mine)
    cursor = (await shared.get("/chat/history", mine, limit=1)).json()["next_cursor"]

    for params in ({}, {"q": "rain"}, {"q": '"more rain"'}, {"model": "a/one"}, {"cursor": cursor}):
        assert await contents(shared, yours, **params) == []


async def test_a_running_answer_is_in_history_with_its_text_so_far(shared: World) -> None:
    who = shared.newcomer()
    async with shared.asking("Go on", who, model="local/slow") as stream:
        while not stream.result.text:
            assert await stream.next() is not None
        answer, question = await history(shared, who)
        assert (answer["state"], question["content"]) == ("streaming", "Go on")
        await shared.post("/chat/stop", {"message_id": stream.result.start["message_id"]}, who)
        while await stream.next() is not None:
            pass


async def test_pages_of_long_messages_are_shorter(shared: World) -> None:
    who = shared.newcomer()
    conversation(shared, who, 12, "\x01" * 300_000)

    answer = await shared.get("/chat/history", who, limit=100)

    assert 0 < len(answer.json()["items"]) < 12
    assert answer.json()["next_cursor"] is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("limit", each) for each in ("", "0", "101", "x")],
        *[(each, "2026-11-21T00:00:00") for each in ("from", "to")],
        *[("model", "x" * 201), ("q", "x" * 501)],
        *[("cursor", each) for each in ("", "x", "💥", cursors.encode(1), cursors.encode("now", 1, NOBODYS))],
        ("cursor", cursors.encode("2026-11-21T00:00:00+00:00", 1, "x")),
        ("cursor", cursors.encode("2026-11-21T00:00:00+00:00", True, NOBODYS)),
    ],
)
async def test_an_invalid_parameter_is_refused_by_name(name: str, value: str, shared: World) -> None:
    answer = await shared.get("/chat/history", **{name: value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"]) == [name]


async def test_a_forged_cursor_breaks_nothing(shared: World) -> None:
    for number in (-(10**30), -1, 10**30):
        cursor = cursors.encode("2026-11-21T00:00:00+00:00", number, str(uuid4()))
        assert (await shared.get("/chat/history", cursor=cursor)).status_code == 200
