"""A forecast says what it expects, how, and how sure it is."""

from datetime import timedelta

import pytest

from oneai.usage.forecast import estimate
from tests.usage.events import insert_event
from tests.world import World


def test_steady_usage_is_extrapolated_with_confidence() -> None:
    assert estimate(100, [10] * 14, 5).model_dump() == {"so_far": 100, "expected": 150, "low": 150, "high": 150}


def test_unsteady_usage_is_less_certain_and_never_below_the_present() -> None:
    found = estimate(100, [0, 20] * 7, 5)

    assert found.expected == 150
    assert found.low < 150 < found.high
    assert estimate(100, [0] * 13 + [50], 1).low == 100


@pytest.mark.parametrize("daily", [[], [7]], ids=["nothing", "one day"])
def test_the_forecast_of_a_new_user_is_uncertain(daily: list[int]) -> None:
    found = estimate(3, daily, 2)

    assert found.low == found.expected == found.high == 3 + 2 * sum(daily)


async def test_the_forecast_covers_the_calendar_month(world: World) -> None:
    now = world.database.one("select oneai.now()")
    asha = world.people["asha"]
    for day in range(1, 11):
        insert_event(world.database, asha, now - timedelta(days=day), cost=50)
    insert_event(world.database, asha, now, cost=50)

    before = (await world.get("/user/usage/forecast")).json()
    world.database.rows("select oneai.roll_up_usage(1000)")
    after = (await world.get("/user/usage/forecast")).json()

    this_month = min(now.day - 1, 10) + 1
    assert before["messages"]["so_far"] == this_month
    assert before["days"] == 10
    assert before["cost_micro_usd"]["so_far"] == 50 * this_month
    assert before["messages"]["expected"] >= this_month
    assert before["from"].endswith("-01T00:00:00Z")
    assert "14 full days" in before["method"]
    assert "80 %" in before["interval"]
    assert {name: after[name]["so_far"] for name in ("messages", "cost_micro_usd")} == {
        name: before[name]["so_far"] for name in ("messages", "cost_micro_usd")
    }
