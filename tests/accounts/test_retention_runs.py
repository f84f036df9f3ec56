"""Runs of the job that removes what is over: at once, dying, in each other's way."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from local import template
from local.data_folder import REPOSITORY
from local.jobs import Jobs
from local.metrics import Metrics
from oneai import accounts, settings
from oneai.accounts import retention
from oneai.errors import InternalError, OneAIError
from oneai.postgres import db
from oneai.settings import SettingsError
from tests.accounts.retention_data import NOTHING, insert_usage_event, list_rollups, roll_up, run_retention
from tests.database.rows import all_rows, hold_locks
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)


def much_that_is_over(world: World, count: int) -> None:
    """Creates `count` expired rows of several kinds."""
    world.database.rows(
        """
        insert into oneai.reservations
          (id, workspace_id, user_id, held_until, settled_at, subscription_tier, model_asked, price_version, spend_day)
        select gen_random_uuid(), %s, %s, now(), now() - interval '2 years', 'free', 'm', 'v1', oneai.today()
        from generate_series(1, %s)
        """,
        *(world.people["asha"], world.people["asha"], count),
    )
    world.database.rows(
        "insert into oneai.operator_alerts (kind, subject, acknowledged_at) "
        "select 'signup_incomplete', n::text, now() - interval '1 year' from generate_series(1, %s) as n",
        count,
    )
    for _ in range(count):
        insert_usage_event(world.database, world.people["asha"], 800)
    roll_up(world.database)


def left(world: World) -> list[int]:
    counts: list[int] = world.database.one(
        "select array[(select count(*) from oneai.reservations), (select count(*) from oneai.operator_alerts), "
        "(select count(*) from oneai.usage_events)]"
    )
    return counts


async def test_concurrent_runs_remove_each_row_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 7)
    much_that_is_over(world, 60)
    runs = await asyncio.gather(*(accounts.remove_what_is_over() for _ in range(4)))
    # A run whose batch others had locked ends early: the next night does the rest, here another run.
    last = await accounts.remove_what_is_over()
    for kind in ("reservations", "alerts", "usage_events"):
        assert sum(each[kind] for each in (*runs, last)) == 60, kind
    assert left(world) == [0, 0, 0]


async def test_a_run_interrupted_between_any_two_statements_is_completed_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 4)
    much_that_is_over(world, 10)
    sums, others = list_rollups(world.database), all_rows(world.database)["usage_quotas"]
    after = 0
    while True:
        with monkeypatch.context() as patched:
            dying(after, patched)
            try:
                await accounts.remove_what_is_over()
            except Killed:
                after += 1
                continue
        break
    assert after > 8
    assert left(world) == [0, 0, 0]
    assert list_rollups(world.database) == sums
    assert all_rows(world.database)["usage_quotas"] == others


class Killed(BaseException):
    """An exception that our code does not catch."""


def dying(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the process die at its statement number `after`."""
    statements = 0

    def counted(statement: Callable[..., Any]) -> Callable[..., Any]:
        async def stepped(*args: Any, **kwargs: Any) -> Any:
            nonlocal statements
            if statements == after:
                raise Killed
            statements += 1
            return await statement(*args, **kwargs)

        return stepped

    for name in ("as_service", "call_long"):
        monkeypatch.setattr(db, name, counted(getattr(db, name)))


async def test_locked_rows_are_skipped(world: World) -> None:
    much_that_is_over(world, 3)
    async with hold_locks(world.database, "select from oneai.reservations for update"):
        assert await run_retention(world) == {"alerts": 3, "usage_events": 3}
    assert await run_retention(world) == {"reservations": 3}


async def test_a_kind_that_cannot_be_removed_raises_an_alert_and_blocks_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    much_that_is_over(world, 2)

    async def broken(*_: Any, **__: Any) -> None:
        raise InternalError

    as_service = db.as_service

    async def sometimes(query: Any, *args: Any) -> Any:
        return await (broken() if "oneai.reservations" in query else as_service(query, *args))

    monkeypatch.setattr(db, "as_service", sometimes)
    with pytest.raises(OneAIError):
        await accounts.remove_what_is_over()
    assert left(world) == [2, 0, 0]


async def test_a_run_without_time_removes_nothing(world: World) -> None:
    much_that_is_over(world, 2)
    assert (await accounts.remove_what_is_over(0))["alerts"] == 0
    assert left(world) == [2, 2, 2]


async def test_an_age_below_one_day_is_refused_before_anything_is_removed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    much_that_is_over(world, 2)
    monkeypatch.setenv("USAGE_EVENTS_DAYS", "0")
    settings.reset_cache()
    with pytest.raises(SettingsError, match="USAGE_EVENTS_DAYS"):
        await accounts.remove_what_is_over()
    assert left(world) == [2, 2, 2]


async def test_the_function_runs_under_the_lambda_runtime(world: World, tmp_path: Any) -> None:
    much_that_is_over(world, 2)
    function = template.read(REPOSITORY / "template.yaml").function("maintenance")
    assert function is not None
    outcome = await Jobs(Metrics(tmp_path / "metrics.jsonl")).run(
        function, (REPOSITORY / "events/maintenance/retention.json").read_text()
    )
    assert outcome.status == "succeeded"
    assert outcome.output == NOTHING | {"reservations": 2, "alerts": 2, "usage_events": 2}
