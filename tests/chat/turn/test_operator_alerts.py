"""What only an operator can fix raises one alert, however many users it affects; and spending stops."""

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest

from oneai import alerts, settings
from tests.ops.operators import run
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture
def world(emptied: World) -> World:
    """One stack is enough for all of these."""
    return emptied


type Metrics = Callable[[], list[str]]


@pytest.fixture
def metrics(capsys: pytest.CaptureFixture[str]) -> Metrics:
    """The kinds of the OperatorAlert metrics emitted since the last time one asked."""

    def emitted() -> list[str]:
        lines = capsys.readouterr().out.splitlines()
        metrics = [json.loads(line) for line in lines if line.startswith('{"_aws"')]
        return [metric["kind"] for metric in metrics if "OperatorAlert" in metric]

    return emitted


@pytest.fixture(autouse=True)
def _told_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert is raised at most once a minute, and the test before may have raised it."""
    monkeypatch.setattr(alerts, "_last_raised", {})


def _told(world: World) -> list[tuple[str, str, int]]:
    return world.database.rows(
        "select kind, subject, count from oneai.operator_alerts where acknowledged_at is null order by kind"
    )


def _make_alerts(world: World, *arguments: str) -> str:
    made = run("alerts", *arguments, database=world.database)
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("local/error-401", "openrouter_key_refused"),
        ("local/error-403-key-limit", "openrouter_key_refused"),
        ("local/error-402", "openrouter_credit_exhausted"),
    ],
)
async def test_a_refused_key_and_an_exhausted_credit_are_alerted(
    world: World, metrics: Metrics, model: str, kind: str
) -> None:
    result = await world.ask(model=model)

    assert result.code == "operator_notified"
    assert _told(world) == [(kind, "openrouter", 1)]
    assert metrics() == [kind]


async def test_a_failure_caused_by_the_user_raises_no_alert(world: World, metrics: Metrics) -> None:
    for model in ("local/error-503", "local/error-403-moderation", "local/empty", "local/error-midway"):
        await world.ask(model=model)

    assert _told(world) == []
    assert metrics() == []


async def test_an_alert_counts_up_until_its_acknowledgement(world: World) -> None:
    await asyncio.gather(*(world.ask(model="local/error-401") for _ in range(4)))
    assert _told(world) == [("openrouter_key_refused", "openrouter", 4)]

    world.database.rows("update oneai.operator_alerts set acknowledged_at = oneai.now()")
    await world.ask(model="local/error-401")

    assert _told(world) == [("openrouter_key_refused", "openrouter", 1)]


async def test_make_alerts_prints_one_line_per_problem_with_its_start(world: World) -> None:
    assert _make_alerts(world) == "Nothing to worry about.\n"
    for model in ("local/error-401", "local/error-401", "local/error-402"):
        await world.ask(model=model)

    refused, exhausted, hint = _make_alerts(world).splitlines()

    assert refused.split()[1:5] == ["openrouter_key_refused", "openrouter", "2", "times,"]
    assert exhausted.split()[1:5] == ["openrouter_credit_exhausted", "openrouter", "1", "time,"]
    assert hint == '`make alerts ARGS="ack ID"` puts one aside.'
    left = _make_alerts(world, "ack", refused.split()[0])
    assert left.splitlines() == [exhausted, hint]


def _spent(world: World, dollars: float) -> None:
    world.database.rows(
        "insert into oneai.daily_spend values (oneai.today(), 7, 0, %s) "
        "on conflict (day, shard) do update set settled_micro_usd = excluded.settled_micro_usd",
        dollars * 1_000_000,
    )


@pytest.fixture
def ten_dollars_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The operator's limit; ravi pays, asha does not."""
    monkeypatch.setenv("DAILY_SPEND_LIMIT_USD", "10")
    settings.reset_cache()
    world.database.rows("update oneai.workspaces set subscription_tier = 'pro' where id = %s", world.people["ravi"])
    world.database.rows("delete from oneai.usage_quotas where workspace_id = %s", world.people["ravi"])
    yield
    monkeypatch.undo()
    settings.reset_cache()


@pytest.mark.usefixtures("ten_dollars_a_day")
async def test_spending_four_fifths_of_the_daily_limit_alerts_and_changes_nothing(
    world: World, metrics: Metrics
) -> None:
    _spent(world, 7.9)
    await world.ask()
    assert _told(world) == []

    _spent(world, 8)
    result = [await world.ask(), await world.ask()]

    assert [each.last["state"] for each in result] == ["complete", "complete"]
    assert _told(world) == [("spend_limit_near", "daily", 1)]
    assert metrics() == ["spend_limit_near"]


@pytest.mark.usefixtures("ten_dollars_a_day")
async def test_free_plans_pause_until_midnight_at_the_daily_limit(world: World, metrics: Metrics) -> None:
    _spent(world, 10)

    asha, ravi = await world.ask(who="asha"), await world.ask(who="ravi")

    assert (asha.status, asha.code) == (503, "service_paused")
    assert 0 < int(asha.headers["retry-after"]) <= 86_400
    assert ravi.last["state"] == "complete"
    assert world.quota("asha") == (0, 0)
    assert world.database.rows("select user_id from oneai.conversations") == [world.people["ravi"]]
    assert ("spend_limit_reached", "daily", 1) in _told(world)
    assert "spend_limit_reached" in metrics()

    # The next day's money is not spent.
    world.database.advance(int(asha.headers["retry-after"]) + 1)
    assert (await world.ask(who="asha")).last["state"] == "complete"


@pytest.mark.usefixtures("ten_dollars_a_day")
async def test_all_plans_pause_at_a_fifth_above_the_daily_limit(world: World) -> None:
    _spent(world, 12)

    result = [await world.ask(who=who) for who in ("asha", "ravi")]

    assert [(each.status, each.code) for each in result] == [(503, "service_paused")] * 2
    assert world.database.rows("select * from oneai.conversations") == []


@pytest.mark.usefixtures("ten_dollars_a_day")
async def test_the_possible_cost_of_running_answers_counts_as_spent(world: World) -> None:
    async with world.asking(model="local/slow") as answer:
        await answer.next()
        held = world.database.one("select sum(held_micro_usd) from oneai.daily_spend")
        _spent(world, 10 - int(held) / 1_000_000)
        refused = await world.ask(who="asha")
        start = answer.result.start
        await world.post("/chat/stop", {"message_id": start["message_id"]})

    assert held > 0
    assert refused.code == "service_paused"
    await world.settled(start["message_id"])
    assert world.database.one("select sum(held_micro_usd) from oneai.daily_spend") == 0
    assert (await world.ask(who="asha")).last["state"] == "complete"
