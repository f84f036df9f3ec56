"""The list of a user's conversations in three orders, and its filters."""

import json
from typing import Any

import pytest

from local.limits import INVOCATION_BYTES
from tests.world import World


async def listed(world: World, who: str, **params: Any) -> list[str | None]:
    """The titles of a list, all its pages."""
    found: list[str | None] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await world.get("/conversations", who, **{"limit": "2", **params, **cursor})
        assert answer.status_code == 200, answer.text
        found += [item["title"] for item in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            return found
        cursor = {"cursor": answer.json()["next_cursor"]}


def library(world: World, who: str) -> None:
    """Five conversations with everything that filters find, used on five days of November and created in the opposite
    order in October."""
    world.database.rows(
        """
        insert into oneai.conversations (workspace_id, user_id, title, model, tags, folder, pinned, archived,
          created_at, last_message_at)
        select %s, %s, title, model, tags::text[], folder, pinned, archived,
          make_timestamptz(2026, 10, 31 - day, 0, 0, 0, 'UTC'), make_timestamptz(2026, 11, day, 0, 0, 0, 'UTC')
        from (values
          (1, 'apples',        'a/one', '{fruit,red}', 'Kitchen', true,  false),
          (2, 'Bananas',       'b/two', '{fruit}',     null,      false, false),
          (3, '100%% cherries', 'a/one', '{}',          'Kitchen', false, true),
          (4, null,            null,    '{}',          'Garden',  false, false),
          (5, 'Élan',          'b/two', '{red}',       null,      true,  false)
        ) as v (day, title, model, tags, folder, pinned, archived)
        """,
        *(world.people[who], world.people[who]),
    )


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(
    ("params", "titles"),
    [
        ({}, ["Élan", None, "Bananas", "apples"]),
        ({"order": "asc"}, ["apples", "Bananas", None, "Élan"]),
        ({"sort": "created_at"}, ["apples", "Bananas", None, "Élan"]),
        ({"sort": "created_at", "order": "asc"}, ["Élan", None, "Bananas", "apples"]),
        ({"sort": "title"}, [None, "apples", "Bananas", "Élan"]),
        ({"sort": "title", "order": "desc"}, ["Élan", "Bananas", "apples", None]),
        ({"archived": "true"}, ["100% cherries"]),
        ({"archived": "false", "pinned": "true"}, ["Élan", "apples"]),
        ({"pinned": "false"}, [None, "Bananas"]),
        ({"model": "a/one"}, ["apples"]),
        ({"model": "a/one", "archived": "true"}, ["100% cherries"]),
        ({"tag": "red"}, ["Élan", "apples"]),
        ({"tag": "re"}, []),
        ({"folder": "Kitchen"}, ["apples"]),
        ({"folder": ""}, ["Élan", "Bananas"]),
        ({"from": "2026-11-02T00:00:00Z"}, ["Élan", None, "Bananas"]),
        ({"to": "2026-11-02T00:00:00Z"}, ["apples"]),
        ({"from": "2026-11-02T05:30:00+05:30", "to": "2026-11-05T00:00:00Z"}, [None, "Bananas"]),
        ({"from": "9999-12-31T23:59:59Z"}, []),
        # A day is a part of the span on both its ends, as the calendar of `tz` has it.
        ({"from": "2026-11-02"}, ["Élan", None, "Bananas"]),
        ({"to": "2026-11-01"}, ["apples"]),
        ({"from": "2026-11-01", "to": "2026-11-01"}, ["apples"]),
        ({"from": "2026-11-01", "to": "2026-11-01", "tz": "America/New_York"}, ["Bananas"]),
        ({"from": "2026-11-02", "to": "2026-11-04T00:00:00Z"}, ["Bananas"]),
        ({"q": "AN"}, ["Élan", "Bananas"]),
        ({"q": "é"}, ["Élan"]),
        ({"q": ""}, ["Élan", None, "Bananas", "apples"]),
        ({"q": "%"}, []),
        ({"q": "0% c", "archived": "true"}, ["100% cherries"]),
        ({"q": "_"}, []),
        ({"q": "'; --"}, []),
        ({"q": "\0", "tag": "\0", "folder": "\0", "model": "\0"}, []),
    ],
    ids=str,
)
async def test_the_list_follows_its_filters_and_order_page_by_page(
    params: dict[str, str], titles: list[str | None], shared: World
) -> None:
    who = shared.newcomer()
    library(shared, who)

    assert await listed(shared, who, **params) == titles


async def test_conversations_with_equal_or_very_long_titles_are_listed_once(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "insert into oneai.conversations (workspace_id, user_id, title) "
        "select %s, %s, case n %% 3 when 0 then repeat('😀', 300) || n when 1 then 'Same' else 'same' end "
        "from generate_series(1, 20) as n",
        *(shared.people[who], shared.people[who]),
    )

    for order in ("asc", "desc"):
        found: list[str] = []
        params = {"sort": "title", "order": order, "limit": "3"}
        while True:
            answer = (await shared.get("/conversations", who, **params)).json()
            found += [item["id"] for item in answer["items"]]
            if answer["next_cursor"] is None:
                break
            params["cursor"] = answer["next_cursor"]
        assert len(found) == len(set(found)) == 20


async def test_a_cursor_of_another_order_is_refused(shared: World) -> None:
    who = shared.newcomer()
    library(shared, who)
    cursor = (await shared.get("/conversations", who, limit="1")).json()["next_cursor"]

    for params in ({"sort": "title"}, {"sort": "created_at"}, {"order": "asc"}):
        answer = await shared.get("/conversations", who, cursor=cursor, **params)
        assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, "cursor")
    same = await shared.get("/conversations", who, cursor=cursor, sort="last_message_at", order="desc")
    assert same.status_code == 200


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("sort", each) for each in ("", "rank", "Title", "id; drop table")],
        *[("order", each) for each in ("", "up", "DESC")],
        *[("archived", each) for each in ("", "maybe", "null", "2")],
        *[("pinned", each) for each in ("", "maybe")],
        *[("tz", each) for each in ("", "Mars/Olympus", "../etc/passwd", "x" * 65)],
        *[("to", "9999-12-31"), ("from", "0000-01-01")],
        *[(each, "x" * 201) for each in ("model", "tag", "folder", "q")],
        *[
            (name, value)
            for name in ("from", "to")
            for value in (
                *(
                    "",
                    "yesterday",
                    "2026-W47-6",
                    "2026-11-31",
                    "2026-11-21T00:00:00",
                    "2026-11-21 00:00:00Z",
                    "1795242600",
                    "1e9",
                ),
                *("2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-11-21T25:00:00Z"),
                *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-21T00:00:00+24:00", "infinity"),
                *("2026-11-21T00:00:00 05:30", "\0", "٢٠٢٦-11-21T00:00:00Z"),
            )
        ],
    ],
)
async def test_an_invalid_filter_is_refused_by_name(name: str, value: str, shared: World) -> None:
    answer = await shared.get("/conversations", **{name: value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert [each["field"] for each in answer.json()["error"]["details"]] == [name]


async def test_temporary_conversations_are_not_listed(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "insert into oneai.conversations (workspace_id, user_id, title, temporary) "
        "values (%s, %s, 'Off the record', true)",
        *(shared.people[who], shared.people[who]),
    )

    for params in ({}, {"sort": "title"}, {"sort": "created_at"}, {"archived": "true"}, {"q": "record"}):
        assert await listed(shared, who, **params) == []


async def test_pages_of_the_longest_conversations_fit_into_a_lambda_response(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "insert into oneai.conversations (workspace_id, user_id, title, system_prompt, tags, metadata) "
        "select %s, %s, repeat('é', 200), repeat(chr(1), 20000), array_fill('x'::text, array[20]), "
        """jsonb_build_object('a', repeat('"', 7990)) from generate_series(1, 100)""",
        *(shared.people[who], shared.people[who]),
    )

    found, params = 0, {"limit": "100"}
    while True:
        answer = await shared.get("/conversations", who, **params)
        assert len(json.dumps(answer.text, ensure_ascii=False).encode()) < INVOCATION_BYTES - 10_000
        found += len(answer.json()["items"])
        if answer.json()["next_cursor"] is None:
            break
        params["cursor"] = answer.json()["next_cursor"]
    assert found == 100


async def test_a_conversation_is_found_by_every_model_asked_in_it(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Hello", who)).start
    await shared.ask("Again", who, conversation_id=start["conversation_id"], model="openai/gpt-4.1")
    await shared.ask("Elsewhere", who)

    def found(model: str) -> Any:
        return shared.get("/conversations", who, model=model)

    assert [each["id"] for each in (await found("openai/gpt-4.1")).json()["items"]] == [start["conversation_id"]]
    assert len((await found(start["model"])).json()["items"]) == 2
    assert (await found("unknown/model")).json()["items"] == []
