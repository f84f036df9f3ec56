"""Every day the recorded costs of some answers are compared with those that upstream states."""

import asyncio
from typing import Any

import pytest

from oneai import settings
from oneai.chat import jobs
from tests.world import World

A_DAY = 24 * 3600


@pytest.fixture
def world(emptied: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Whose whole days are compared."""
    emptied.database.rows("truncate oneai.pending_cost_checks, oneai.cost_samples")
    monkeypatch.setenv("BILL_SAMPLE_PERCENT", "100")
    settings.reset_cache()
    return emptied


def alerts(world: World) -> list[Any]:
    return world.database.rows("select kind, count from oneai.operator_alerts")


def entries(world: World, message_id: str) -> list[Any]:
    return world.database.rows(
        "select purpose, cost_micro_usd from oneai.usage_events where message_id = %s order by id", message_id
    )


def take_for_less(world: World, message_id: str, less: int) -> None:
    """Has what an answer cost recorded so much below its bill."""
    world.database.rows(
        "update oneai.usage_events set cost_micro_usd = cost_micro_usd - %s where message_id = %s", less, message_id
    )


async def compared(world: World, days: float = 1) -> dict[str, int]:
    """What two days of runs come to; the upstream knows a generation when it is asked a second time."""
    total = {"compared": 0, "drifted": 0}
    world.database.advance(days * A_DAY)
    for _ in range(3):
        for name, count in (await jobs.compare_sample()).items():
            total[name] += count
        world.database.advance(61)
    return total


async def test_correct_costs_are_unchanged_and_raise_no_alert(world: World) -> None:
    result = [await world.ask(), await world.ask(who="ravi")]

    assert await compared(world) == {"compared": 2, "drifted": 0}
    for each in result:
        assert entries(world, each.start["message_id"]) == [("answer", each.last["usage"]["cost_micro_usd"])]
    assert alerts(world) == []


async def test_higher_costs_are_corrected_once_with_one_alert_a_day(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    result = await world.ask()
    answer, cost = result.start["message_id"], result.last["usage"]["cost_micro_usd"]
    # What we recorded.
    world.database.rows(
        "update oneai.usage_events set cost_micro_usd = cost_micro_usd - 5 where message_id = %s", answer
    )
    world.database.advance(A_DAY)
    capsys.readouterr()

    for _ in range(4):
        await asyncio.gather(*(jobs.compare_sample() for _ in range(3)))
        world.database.advance(61)

    assert entries(world, answer) == [("answer", cost - 5), ("correction", 5)]
    assert alerts(world) == [("cost_drift", 1)]
    assert capsys.readouterr().out.count('"cost_drift"') == 1


async def test_a_small_difference_is_not_a_drift(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COST_DRIFT_PERCENT", "50")
    settings.reset_cache()
    answer = (await world.ask()).start["message_id"]
    world.database.rows(
        "update oneai.usage_events set cost_micro_usd = cost_micro_usd - 1 where message_id = %s", answer
    )

    assert await compared(world) == {"compared": 1, "drifted": 0}
    assert len(entries(world, answer)) == 2
    assert alerts(world) == []


async def test_a_failed_cost_query_is_repeated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.ask()
    with monkeypatch.context() as away:
        away.setenv("OPENROUTER_BASE_URL", "http://127.0.0.1:9/api/v1")
        settings.reset_cache()
        assert await compared(world) == {"compared": 0, "drifted": 0}
    settings.reset_cache()
    assert sum([(await compared(world, hours / 24))["compared"] for hours in (1, 1)]) == 1


async def test_an_estimate_is_corrected_by_a_cost_that_arrives_hours_later(world: World) -> None:
    async with world.asking(model="local/slow") as answer:
        await answer.next()
        await answer.next()
        await world.post("/chat/stop", {"message_id": answer.result.start["message_id"]})
        await answer.to_the_end()
    message_id = answer.result.start["message_id"]

    assert (await jobs.settle_open_answers())["corrected"] == 0  # the upstream does not know it yet
    assert (await jobs.settle_open_answers())["corrected"] == 0  # and is not asked every moment
    world.database.advance(20 * 3600)
    assert [(await jobs.settle_open_answers())["corrected"] for _ in range(3)] == [1, 0, 0]
    assert [purpose for purpose, _ in entries(world, message_id)] == ["answer", "correction"]
