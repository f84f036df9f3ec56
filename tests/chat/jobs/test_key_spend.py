"""Once a day what OpenRouter says a key has spent is compared with what its answers cost."""

import asyncio
from typing import Any

import httpx
import pytest

from oneai import settings
from oneai.chat import jobs
from oneai.clients.openrouter import keys, management
from stand_ins.openrouter.keys import MANAGEMENT_KEY
from tests.patience import PATIENCE
from tests.world import World

A_DAY = 24 * 3600 + 1
READINGS = """
    select stated_micro_usd, recorded_micro_usd from oneai.openrouter_key_readings
    where openrouter_key = %s order by read_at"""


@pytest.fixture
async def key(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Our only key, and a tolerance of nothing."""
    keys.reset()
    _, key = await management.create_key(MANAGEMENT_KEY, "ours", {})
    monkeypatch.setenv("OPENROUTER_API_KEY", key)
    monkeypatch.setenv("KEY_SPEND_TOLERANCE_USD", "0")
    settings.reset_cache()
    return key


def alerts(world: World) -> list[Any]:
    return world.database.rows("select kind, subject, count, detail from oneai.operator_alerts")


async def spend_elsewhere(world: World, key: str) -> None:
    """A program that is not ours asks with our key."""
    body = {"model": "openai/gpt-4.1", "messages": [{"role": "user", "content": "for me"}]}
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.post(
            f"{world.upstream}/api/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key}"}
        )
    assert answer.status_code == 200


async def test_a_key_with_the_spend_of_its_answers_is_read_daily_without_an_alert(world: World, key: str) -> None:
    assert await jobs.watch_key_spend() == {"keys_read": 1, "keys_overspent": 0}
    cost = (await world.ask()).last["usage"]["cost_micro_usd"]
    assert await jobs.watch_key_spend() == {"keys_read": 0, "keys_overspent": 0}
    world.database.advance(A_DAY)

    assert await jobs.watch_key_spend() == {"keys_read": 1, "keys_overspent": 0}

    before, (stated, recorded) = world.database.rows(READINGS, keys.key_id(key))
    assert (before, recorded) == ((None, None), cost)
    # The cost of an answer is rounded up, and what the provider states is rounded down.
    assert recorded - 1 <= stated <= recorded
    assert alerts(world) == []
    assert key not in str(world.database.rows("select r::text from oneai.openrouter_key_readings as r"))


async def test_a_key_used_by_others_is_alerted_with_its_label_of_the_dashboard(
    world: World, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await jobs.watch_key_spend()
    cost = (await world.ask()).last["usage"]["cost_micro_usd"]
    await spend_elsewhere(world, key)
    world.database.advance(A_DAY)
    capsys.readouterr()

    runs = await asyncio.gather(*(jobs.watch_key_spend() for _ in range(4)))

    assert sum(each["keys_overspent"] for each in runs) == 1
    ((kind, subject, count, detail),) = alerts(world)
    assert (kind, subject, count) == ("openrouter_key_spend", keys.key_id(key), 1)
    assert detail["label"] == f"{key[:12]}...{key[-3:]}"
    assert detail["stated_micro_usd"] > detail["recorded_micro_usd"] == cost
    assert capsys.readouterr().out.count('"openrouter_key_spend"') == 1
    world.database.advance(A_DAY)
    assert await jobs.watch_key_spend() == {"keys_read": 1, "keys_overspent": 0}


async def test_a_difference_within_the_tolerance_is_not_reported(
    world: World, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_SPEND_TOLERANCE_USD", "1")
    settings.reset_cache()
    await jobs.watch_key_spend()
    await spend_elsewhere(world, key)
    world.database.advance(A_DAY)

    assert await jobs.watch_key_spend() == {"keys_read": 1, "keys_overspent": 0}


async def test_an_answer_of_a_killed_process_may_belong_to_any_key(world: World, key: str) -> None:
    await jobs.watch_key_spend()
    await world.ask()
    world.database.rows("update oneai.usage_events set openrouter_key = null")
    world.database.advance(A_DAY)

    assert await jobs.watch_key_spend() == {"keys_read": 1, "keys_overspent": 0}


async def test_each_key_is_compared_with_its_own_answers(
    world: World, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second = await management.create_key(MANAGEMENT_KEY, "second", {})
    both = f"{key},{second}"
    monkeypatch.setenv("OPENROUTER_API_KEY", both)
    settings.reset_cache()
    assert await jobs.watch_key_spend() == {"keys_read": 2, "keys_overspent": 0}
    await world.ask()
    await spend_elsewhere(world, second)
    world.database.advance(A_DAY)

    assert await jobs.watch_key_spend() == {"keys_read": 2, "keys_overspent": 1}

    assert [subject for _, subject, _, _ in alerts(world)] == [keys.key_id(second)]


async def test_a_refused_key_is_read_once_it_is_accepted_again(
    world: World, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    (info,) = [each for each in await management.list_keys(MANAGEMENT_KEY) if each.is_of(key)]
    await management.disable_key(MANAGEMENT_KEY, info.hash)

    assert await jobs.watch_key_spend() == {"keys_read": 0, "keys_overspent": 0}

    assert key not in str([vars(record) for record in caplog.records])
    assert alerts(world) == []


async def test_nothing_is_read_without_a_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "")
    settings.reset_cache()

    assert await jobs.watch_key_spend() == {"keys_read": 0, "keys_overspent": 0}
