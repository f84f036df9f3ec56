"""Many conversations change in one request, and folders and tags are counted."""

from typing import Any
from uuid import uuid4

import pytest

from tests.chat.traces import fields
from tests.conversations.api import create_conversation, patch
from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

# The same at every run: it is part of tests' names, which several processes compare.
NOBODYS = "5d1f3c52-8a0e-4b1c-9a50-6f7c1a2b3c4d"


async def bulk(world: World, who: str, action: str, *ids: str, **values: Any) -> list[tuple[str, str]]:
    """The result for each conversation."""
    answer = await world.post("/conversations/bulk", {"ids": ids, "action": action, **values}, who)
    assert answer.status_code == 200, answer.text
    return [(each["id"], each["status"]) for each in answer.json()["results"]]


async def listed(world: World, who: str, **filters: str) -> dict[str, dict[str, Any]]:
    """The listed conversations by id."""
    answer = await world.get("/conversations", who, **filters)
    return {item["id"]: item for item in answer.json()["items"]}


async def test_many_conversations_are_moved_tagged_and_pinned(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    first = (await create_conversation(shared, who))["id"]
    second = (await create_conversation(shared, who))["id"]
    theirs, never = conversation(shared, other, 2), str(uuid4())
    await patch(shared, first, who, {"tags": ["b", "a"]})

    moved = await bulk(shared, who, "move", first, second, theirs, never, folder="  Kerala \n 2027 ")
    assert moved == [(first, "ok"), (second, "ok"), (theirs, "not_found"), (never, "not_found")]
    assert [each[1] for each in await bulk(shared, who, "tag", first, second, tags=["a", "c"])] == ["ok", "ok"]
    await bulk(shared, who, "pin", second)

    found = await listed(shared, who)
    assert [found[each]["folder"] for each in (first, second)] == ["Kerala 2027", "Kerala 2027"]
    assert [found[each]["tags"] for each in (first, second)] == [["b", "a", "c"], ["a", "c"]]
    assert [found[each]["pinned"] for each in (first, second)] == [False, True]
    assert shared.database.one("select folder from oneai.conversations where id = %s", theirs) is None

    await bulk(shared, who, "move", first, folder=None)
    await bulk(shared, who, "unpin", second)
    after = await listed(shared, who)
    assert (after[first]["folder"], after[second]["folder"], after[second]["pinned"]) == (None, "Kerala 2027", False)


async def test_a_bulk_change_without_effect_keeps_the_time_of_change(shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who)
    await patch(shared, made["id"], who, {"folder": "A", "tags": ["x"], "pinned": True})
    before = (await listed(shared, who))[made["id"]]["updated_at"]

    for action, values in (("move", {"folder": "A"}), ("tag", {"tags": ["x"]}), ("pin", {}), ("unarchive", {})):
        await bulk(shared, who, action, made["id"], **values)

    assert (await listed(shared, who))[made["id"]]["updated_at"] == before


async def test_a_bulk_tag_stops_at_twenty_tags(shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who)
    await patch(shared, made["id"], who, {"tags": [f"tag {n}" for n in range(19)]})

    await bulk(shared, who, "tag", made["id"], tags=["one", "two"])

    assert (await listed(shared, who))[made["id"]]["tags"][18:] == ["tag 18", "one"]


async def test_a_bulk_request_archives_and_unarchives(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    first, second = conversation(shared, who, 2), conversation(shared, who, 2)
    theirs = conversation(shared, other, 2)

    found = await bulk(shared, who, "archive", first, theirs)
    assert found == [(first, "ok"), (theirs, "not_found")]
    assert set(await listed(shared, who)) == {second}
    assert set(await listed(shared, who, archived="true")) == {first}
    assert await bulk(shared, who, "archive", first) == [(first, "ok")]
    assert await bulk(shared, who, "unarchive", first, second) == [(first, "ok"), (second, "ok")]
    assert set(await listed(shared, who)) == {first, second}
    assert not shared.database.one("select archived from oneai.conversations where id = %s", theirs)


async def test_labels_are_counted_without_archived_and_other_users_conversations(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    for folder, tags in (("रसोई", ["x", "y"]), ("रसोई", ["x"]), ("<img src=x>", []), (None, ["y"])):
        made = await create_conversation(shared, who)
        await patch(shared, made["id"], who, {"folder": folder, "tags": tags})
    for person in (who, other):
        made = await create_conversation(shared, person)
        await patch(shared, made["id"], person, {"folder": "Away", "tags": ["away"], "archived": person == who})

    found = (await shared.get("/conversations/labels", who)).json()

    assert {each["name"]: each["count"] for each in found["folders"]} == {"रसोई": 2, "<img src=x>": 1}
    assert {each["name"]: each["count"] for each in found["tags"]} == {"x": 2, "y": 2}


async def test_a_list_says_which_conversations_are_being_answered(shared: World) -> None:
    who = shared.newcomer()
    busy, calm, late = (conversation(shared, who, 2) for _ in range(3))
    until = "update oneai.conversations set answering_until = oneai.now() + %s::interval where id = %s"
    shared.database.rows(until, "1 minute", busy)
    shared.database.rows(until, "-1 minute", late)

    found = await listed(shared, who)

    assert {each: found[each]["answering"] for each in found} == {busy: True, calm: False, late: False}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "delete"}, "ids"),
        ({"ids": [], "action": "delete"}, "ids"),
        ({"ids": ["x"], "action": "delete"}, "ids.0"),
        ({"ids": [None], "action": "delete"}, "ids.0"),
        ({"ids": "all", "action": "delete"}, "ids"),
        ({"ids": [NOBODYS] * 101, "action": "delete"}, "ids"),
        ({"ids": [NOBODYS]}, "action"),
        ({"ids": [NOBODYS], "action": "burn"}, "action"),
        ({"ids": [NOBODYS], "action": "delete", "all": True}, "all"),
        ({"ids": [NOBODYS], "action": "move"}, "body"),
        ({"ids": [NOBODYS], "action": "tag"}, "body"),
        ({"ids": [NOBODYS], "action": "pin", "folder": "A"}, "body"),
        ({"ids": [NOBODYS], "action": "move", "folder": " \n"}, "folder"),
        ({"ids": [NOBODYS], "action": "move", "folder": "A", "tags": ["x"]}, "body"),
        ([], "body"),
    ],
    ids=lambda each: str(each)[:30],
)
async def test_an_invalid_bulk_request_does_nothing(body: object, field: str, shared: World) -> None:
    answer = await shared.post("/conversations/bulk", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"]) == [field]
