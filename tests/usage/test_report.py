"""A user sees sums of their own usage that add up, by their own days."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.usage.events import insert_event
from tests.world import World

# A quarter to midnight in UTC is five past five in the morning in Kolkata.
LATE = datetime(2026, 11, 10, 23, 45, tzinfo=UTC)
SUMMED = (
    "messages",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cost_micro_usd",
    "errors",
)


async def usage(world: World, who: str, **params: str) -> dict[str, Any]:
    """The report of November, unless `params` say something else."""
    answer = await world.get("/user/usage", who, **({"from": "2026-11-01", "to": "2026-11-30"} | params))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def create_user(world: World) -> str:
    """A user with a week of usage."""
    who = world.newcomer()
    user = world.people[who]
    insert_event(world.database, user, LATE, cost=100, first=1000)
    insert_event(
        world.database, user, LATE - timedelta(hours=6), model="maker/large", provider="Other", cost=900, first=3000
    )
    insert_event(
        world.database,
        user,
        LATE - timedelta(hours=6),
        model="maker/large",
        provider="Other",
        outcome="failed",
        first=None,
    )
    insert_event(
        world.database,
        user,
        LATE + timedelta(days=3),
        purpose="correction",
        cost=-30,
        prompt=0,
        completion=0,
        first=None,
    )
    insert_event(world.database, user, LATE, purpose="title", cost=77)
    return who


@pytest.mark.parametrize("group_by", ["day", "model", "provider", "key"])
@pytest.mark.parametrize("added_up", [False, True], ids=["fresh", "added up"])
async def test_items_add_up_to_the_totals_whether_or_not_the_job_has_run(
    shared: World, group_by: str, added_up: bool
) -> None:
    who = create_user(shared)
    if added_up:
        shared.database.rows("select oneai.roll_up_usage(1000)")

    found = await usage(shared, who, group_by=group_by)

    assert found["totals"]["messages"] == 3
    assert found["totals"]["cost_micro_usd"] == 100 + 900 + 20 - 30
    assert found["totals"]["errors"] == 1
    for name in SUMMED:
        assert sum(item[name] for item in found["items"]) == found["totals"][name]
    assert {group_by, *found["totals"]} == set(found["items"][0])
    assert 950 <= found["totals"]["first_token_ms_p50"] <= 1050
    assert 2850 <= found["totals"]["first_token_ms_p95"] <= 3150


async def test_days_are_those_of_the_users_calendar(shared: World) -> None:
    who = create_user(shared)

    here = await usage(shared, who, group_by="day", tz="Asia/Kolkata")
    there = await usage(shared, who, group_by="day", tz="UTC")

    assert [item["day"] for item in here["items"]] == ["2026-11-10", "2026-11-11", "2026-11-14"]
    assert [item["day"] for item in there["items"]] == ["2026-11-10", "2026-11-13"]
    assert (here["from"], here["to"], here["tz"]) == ("2026-10-31T18:30:00Z", "2026-11-30T18:30:00Z", "Asia/Kolkata")


async def test_usage_without_a_key_is_grouped_under_null(shared: World) -> None:
    (item,) = (await usage(shared, create_user(shared), group_by="key"))["items"]

    assert item["key"] is None


async def test_a_report_without_a_group_has_only_totals(shared: World) -> None:
    found = await usage(shared, create_user(shared))

    assert found["items"] == []
    assert found["totals"]["messages"] == 3


async def test_usage_of_another_user_is_invisible(shared: World) -> None:
    create_user(shared)

    found = await usage(shared, shared.newcomer(), group_by="day")

    assert found["items"] == []
    assert set(found["totals"].values()) == {0, None}


async def test_the_default_range_is_the_last_thirty_days(shared: World) -> None:
    who = shared.newcomer()
    now = shared.database.one("select oneai.now()")
    insert_event(shared.database, shared.people[who], now, cost=1)
    insert_event(shared.database, shared.people[who], now - timedelta(days=31), cost=2)

    answer = (await shared.get("/user/usage", who)).json()

    assert answer["totals"]["cost_micro_usd"] == 1
    assert datetime.fromisoformat(answer["to"]) - datetime.fromisoformat(answer["from"]) == timedelta(days=30)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-13-01"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "2026-11-20", "to": "2026-11-10"}, "from"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"tz": "../etc/passwd"}, "tz"),
        ({"group_by": "user"}, "group_by"),
        ({"from": "2026-11-01\0"}, "from"),
        ({"from": "2026-11-01T08:00:00"}, "from"),
        ({"from": "2026-W47-6"}, "from"),
    ],
    ids=str,
)
async def test_an_invalid_range_or_group_is_refused_by_name(shared: World, params: dict[str, str], field: str) -> None:
    answer = await shared.get("/user/usage", "asha", **params)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert field in [detail["field"] for detail in answer.json()["error"]["details"]]


async def test_the_export_has_a_line_per_answer_and_correction(shared: World) -> None:
    who = create_user(shared)
    span = {"from": "2026-11-01", "to": "2026-11-30"}

    sheet = await shared.get("/user/usage/export", who, format="csv", **span)
    lines = await shared.get("/user/usage/export", who, format="jsonl", **span)

    assert len(sheet.text.splitlines()) == 1 + 4
    assert sheet.text.startswith("id,created_at,purpose,outcome,")
    assert sheet.headers["content-disposition"] == 'attachment; filename="usage-2026-11-01.csv"'
    events = [json.loads(line) for line in lines.text.splitlines()]
    assert sum(event["cost_micro_usd"] for event in events) == 990
    assert {event["purpose"] for event in events} == {"answer", "correction"}
    assert "2026-11-10T23:45:00Z" in {event["created_at"] for event in events}
