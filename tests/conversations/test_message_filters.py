"""The messages of one conversation, by role, model, time and words."""

from typing import Any
from uuid import uuid4

import pytest

from tests.chat.traces import fields
from tests.conversations.test_history import TURNS, diary
from tests.world import World


async def contents(world: World, conversation: str, who: str, **params: Any) -> list[str]:
    """The texts of all pages, in the order of the conversation."""
    pages: list[list[str]] = []
    while True:
        answer = await world.get(f"/conversations/{conversation}/messages", who, **{"limit": 2, **params})
        assert answer.status_code == 200, answer.text
        pages.append([each["content"] for each in answer.json()["items"]])
        if answer.json()["next_cursor"] is None:
            newer = params.get("direction") == "newer"
            return [text for page in (pages if newer else reversed(pages)) for text in page]
        assert len(pages[-1]) == params.get("limit", 2)
        params["cursor"] = answer.json()["next_cursor"]


# The second conversation of the diary: the turns of 2 and 4 November.
ALL = ["And trains?", "Trains run", "Rain?", "More rain"]


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("direction", ["older", "newer"])
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ALL),
        ({"role": "user"}, ["And trains?", "Rain?"]),
        ({"role": "assistant"}, ["Trains run", "More rain"]),
        ({"role": "user", "limit": 1}, ["And trains?", "Rain?"]),
        ({"model": "a/one"}, ["And trains?", "Trains run", "More rain"]),
        ({"model": "b/two"}, ["Rain?", "More rain"]),
        ({"model": "b"}, []),
        ({"from": "2026-11-03"}, ["Rain?", "More rain"]),
        ({"to": "2026-11-02"}, ["And trains?", "Trains run"]),
        ({"to": "2026-11-02T06:30:00Z"}, []),
        ({"to": "2026-11-01", "tz": "Pacific/Honolulu"}, ["And trains?", "Trains run"]),
        ({"q": "rain "}, ["Rain?", "More rain"]),
        ({"q": "TRAI"}, ["And trains?", "Trains run"]),
        ({"q": '"more rain"'}, ["More rain"]),
        ({"q": "snow"}, []),
        ({"q": ""}, []),
        ({"q": "?!"}, []),
        ({"q": "'; drop table -- \\ & | ! <-> :* ("}, []),
        ({"q": "rain\0", "role": "assistant", "model": "b/two"}, ["More rain"]),
        ({"q": "rain", "from": "2026-11-05"}, []),
    ],
    ids=str,
)
async def test_a_page_has_the_messages_that_match_all_filters(
    params: dict[str, Any], expected: list[str], direction: str, shared: World
) -> None:
    who = shared.newcomer()
    _, conversation = diary(shared, who)

    assert await contents(shared, conversation, who, direction=direction, **params) == expected


async def test_history_can_be_limited_to_questions(shared: World) -> None:
    who = shared.newcomer()
    diary(shared, who)

    page = (await shared.get("/chat/history", who, role="user")).json()

    assert [each["content"] for each in page["items"]] == [question for question, *_ in reversed(TURNS)]


async def test_a_cursor_continues_even_if_the_filter_changes(shared: World) -> None:
    who = shared.newcomer()
    _, conversation = diary(shared, who)
    newest = (await shared.get(f"/conversations/{conversation}/messages", who, role="assistant", limit=1)).json()

    older = await shared.get(f"/conversations/{conversation}/messages", who, role="user", cursor=newest["next_cursor"])

    assert [each["content"] for each in newest["items"]] == ["More rain"]
    assert [each["content"] for each in older.json()["items"]] == ["And trains?", "Rain?"]


async def test_a_hidden_version_matches_no_filter(shared: World) -> None:
    who = shared.newcomer()
    _, conversation = diary(shared, who)
    shared.database.rows(
        "update oneai.chat_messages set is_latest = false where conversation_id = %s and content = 'More rain'",
        conversation,
    )

    assert await contents(shared, conversation, who, q="rain ") == ["Rain?"]


async def test_a_conversation_of_another_user_is_not_found_with_any_filter(shared: World) -> None:
    mine, stranger = shared.newcomer(), shared.newcomer()
    _, conversation = diary(shared, mine)

    for params in ({"q": "rain"}, {"q": ""}, {"role": "user"}, {"model": "a/one"}, {"from": "2026-11-01"}):
        answer = await shared.get(f"/conversations/{conversation}/messages", stranger, **params)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("role", each) for each in ("", "system", "User")],
        *[("limit", each) for each in ("", "0", "101")],
        *[(each, "yesterday") for each in ("from", "to")],
        *[("model", "x" * 201), ("q", "x" * 501), ("tz", "Mars/Olympus"), ("cursor", "x")],
    ],
)
async def test_an_invalid_filter_is_refused_by_name(name: str, value: str, shared: World) -> None:
    answer = await shared.get(f"/conversations/{uuid4()}/messages", **{name: value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"]) == [name]
