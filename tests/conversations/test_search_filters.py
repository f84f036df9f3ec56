"""Finding less: only there, only then, only theirs; and page by page."""

import base64
import json
from typing import Any

import pytest

from tests.conversations.search_samples import insert_conversation, search, search_hits
from tests.world import World


async def pages(world: World, who: str, q: str, **params: Any) -> list[list[dict[str, Any]]]:
    """All pages of a search."""
    collected = []
    while True:
        answer = await world.get("/search", who, q=q, **params)
        assert answer.status_code == 200, answer.text
        collected.append(answer.json()["items"])
        if answer.json()["next_cursor"] is None:
            return collected
        params["cursor"] = answer.json()["next_cursor"]


async def test_a_search_can_be_limited_to_titles_or_messages(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "of rivers", "rivers flow", title="Rivers")

    assert await search_hits(shared, who, "rivers", **{"in": "titles"}) == ["Rivers"]
    assert sorted(await search_hits(shared, who, "rivers", **{"in": "messages"})) == ["of rivers", "rivers flow"]
    assert len(await search_hits(shared, who, "rivers", **{"in": "all"})) == 3


async def test_a_search_limited_to_questions_or_answers_excludes_titles(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "of rivers", "rivers flow", title="Rivers")

    assert await search_hits(shared, who, "rivers", role="user") == ["of rivers"]
    assert await search_hits(shared, who, "rivers", role="assistant") == ["rivers flow"]


async def test_a_model_filter_matches_the_requested_and_the_served_model(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_conversation(shared, who, "of rivers", "rivers flow", title="Rivers", model="maker/asked")
    insert_conversation(shared, who, "other rivers", model="maker/other")
    shared.database.rows(
        "update oneai.chat_messages set model_served = 'maker/served' "
        "where conversation_id = %s and role = 'assistant'",
        talk,
    )

    assert sorted(await search_hits(shared, who, "rivers", model="maker/asked")) == [
        "Rivers",
        "of rivers",
        "rivers flow",
    ]
    assert await search_hits(shared, who, "rivers", model="maker/served") == ["rivers flow"]
    assert await search_hits(shared, who, "rivers", model="maker/none") == []


async def test_a_search_can_be_limited_to_one_conversation(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_conversation(shared, who, "of rivers", title="Rivers")
    insert_conversation(shared, who, "other rivers")

    assert sorted(await search_hits(shared, who, "rivers", conversation_id=talk)) == ["Rivers", "of rivers"]
    assert await search_hits(shared, who, "rivers", conversation_id="00000000-0000-0000-0000-000000000000") == []


async def test_a_time_range_includes_its_start_and_excludes_its_end_in_any_zone(shared: World) -> None:
    who = shared.newcomer()
    for day in ("01", "02", "03"):
        insert_conversation(shared, who, f"rivers {day}", at=f"2026-03-{day}T00:00:00Z")

    async def between(**params: str) -> list[str]:
        return sorted(await search_hits(shared, who, "rivers", **params))

    assert await between(**{"from": "2026-03-02T00:00:00Z"}) == ["rivers 02", "rivers 03"]
    assert await between(to="2026-03-02T00:00:00Z") == ["rivers 01"]
    assert await between(**{"from": "2026-03-02T05:30:00+05:30", "to": "2026-03-03T05:30:00+05:30"}) == ["rivers 02"]
    assert await between(**{"from": "2026-03-02T05:30:00+05:29"}) == ["rivers 03"]
    assert await between(**{"from": "2026-03-02", "to": "2026-03-02"}) == ["rivers 02"]
    assert await between(**{"from": "2026-03-01", "to": "2026-03-01", "tz": "America/New_York"}) == ["rivers 02"]
    assert await between(**{"from": "2026-03-03T00:00:00Z", "to": "2026-03-02T00:00:00Z"}) == []
    assert await between(**{"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}) == [
        *("rivers 01", "rivers 02", "rivers 03")
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("in", "everything"),
        ("role", "system"),
        ("from", "yesterday"),
        ("from", "2026-03-02T00:00:00"),
        ("to", "9999-12-31T23:59:59-23:59"),
        ("conversation_id", "7"),
        ("limit", "0"),
        ("limit", "51"),
        ("model", "x" * 201),
        ("cursor", "x"),
        ("cursor", base64.urlsafe_b64encode(b'["0.1","2026-01-01T00:00:00Z","x"]').decode()),
        ("cursor", base64.urlsafe_b64encode(b'[0.1,"2026-01-01T00:00:00Z","x"]').decode()),
        ("cursor", base64.urlsafe_b64encode(b'[0.1,"today","00000000-0000-0000-0000-000000000000"]').decode()),
        ("q", ""),
    ],
)
async def test_an_invalid_filter_is_refused_by_name(field: str, value: str, shared: World) -> None:
    answer = await shared.get("/search", **{"q": "rivers", field: value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert answer.json()["error"]["details"][0]["field"] == field


async def test_a_search_requires_a_query(shared: World) -> None:
    answer = await shared.get("/search")

    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, "q")


@pytest.mark.parametrize(("hits", "limit"), [(1, 1), (20, 20), (21, 20), (50, 7), (101, 50)])
async def test_every_hit_is_on_one_page_in_order_including_ties(hits: int, limit: int, shared: World) -> None:
    who = shared.newcomer()
    # Three ranks, many of each at one moment.
    for n in range(3):
        insert_conversation(shared, who, *["rivers " * (n + 1)] * (hits // 3), at="2026-03-01T00:00:00Z")
    insert_conversation(shared, who, *["rivers"] * (hits % 3))
    shared.database.rows("update oneai.search_entries set created_at = date_trunc('hour', created_at)")

    got = await pages(shared, who, "rivers", limit=limit)

    items = [item for page in got for item in page]
    assert len({item["message_id"] for item in items}) == len(items) == hits
    assert all(len(page) == limit for page in got[:-1])
    order = [(item["rank"], item["created_at"], item["message_id"]) for item in items]
    assert order == sorted(order, reverse=True)


async def test_a_new_message_shifts_no_page(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, *["rivers"] * 10)
    first = (await shared.get("/search", who, q="rivers", limit=5)).json()

    insert_conversation(shared, who, *["rivers rivers rivers"] * 3)

    second = await search(shared, who, "rivers", limit=5, cursor=first["next_cursor"])
    assert len({item["message_id"] for item in (*first["items"], *second)}) == 10


@pytest.mark.parametrize("rank", ["NaN", "Infinity", "-Infinity", "1e308"])
async def test_a_forged_cursor_leads_nowhere_and_breaks_nothing(rank: str, shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "rivers")
    made_up = f'[{rank},"2026-01-01T00:00:00Z","00000000-0000-0000-0000-000000000000"]'

    answer = await shared.get("/search", who, q="rivers", cursor=base64.urlsafe_b64encode(made_up.encode()).decode())

    assert answer.status_code in (200, 422)
    assert json.loads(answer.text)
