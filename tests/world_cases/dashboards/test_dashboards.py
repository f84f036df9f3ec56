"""Figures of the overview and of reports, as clocks and late events make them."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from oneai import analytics, settings
from oneai.analytics import ReportPeriod
from tests.analytics.conftest import add_up, figures
from tests.world import Database

__all__ = ["figures"]

INDIA = ZoneInfo("Asia/Kolkata")


def answer(database: Database, at: datetime, *, cost: int = 1) -> None:
    """An answer at a moment, of a user of its own."""
    database.rows(
        "insert into oneai.usage_events (created_at, workspace_id, user_id, message_id, purpose, outcome, "
        "subscription_tier, model_asked, cost_micro_usd, price_version, first_token_ms) "
        "values (%s, %s, %s, gen_random_uuid(), 'answer', 'complete', 'free', 'maker/small', %s, 'v1', 500)",
        at,
        *[database.user(f"{uuid4().hex}@example.com")] * 2,
        cost,
    )


def now(database: Database) -> datetime:
    """The time of the database."""
    moment: datetime = database.one("select oneai.now()")
    return moment


async def test_an_answer_of_this_minute_is_in_the_period_and_its_last_step(figures: Database) -> None:
    answer(figures, now(figures))

    found = await analytics.overview(7)

    assert (found.answers.value, found.active_users.value) == (1, 1)
    assert found.answers.series == [0, 0, 0, 0, 0, 0, 1]


async def test_a_day_that_was_added_up_still_grows_at_once(figures: Database) -> None:
    answer(figures, now(figures))
    await add_up()
    answer(figures, now(figures))

    assert (await analytics.overview(1)).answers.value == 2
    await add_up()
    assert (await analytics.overview(1)).answers.value == 2


async def test_a_late_answer_counts_on_its_day_once(figures: Database) -> None:
    answer(figures, now(figures))
    await add_up()
    answer(figures, now(figures) - timedelta(days=60))

    before = await analytics.overview(30, days_before=40)
    await add_up()
    after = await analytics.overview(30, days_before=40)

    assert (before.answers.value, before.answers.previous) == (1, 1)
    assert before.model_dump(exclude={"as_of"}) == after.model_dump(exclude={"as_of"})


async def test_today_and_the_same_day_by_its_date_have_the_same_figures(figures: Database) -> None:
    answer(figures, now(figures), cost=7)
    today = now(figures).astimezone(INDIA).date()

    overview = await analytics.overview(1)
    by_date = await analytics.overview(1, until=today)
    report = await analytics.cost_analytics(await analytics.resolve_period(None, today.isoformat(), None))

    assert overview.model_dump(exclude={"as_of"}) == by_date.model_dump(exclude={"as_of"})
    assert overview.ai_cost_micro_usd.value == report.items[-1].cost_micro_usd == 7


async def test_days_weeks_and_months_add_up_to_the_same(figures: Database) -> None:
    for days in range(0, 364, 13):
        answer(figures, now(figures) - timedelta(days=days), cost=days + 1)
        if days == 182:
            await add_up()

    sums = [
        sum(item.cost_micro_usd for item in (await analytics.cost_analytics(await _year(figures), group)).items)
        for group in ("day", "week", "month", "model")
    ]

    assert len({*sums, int((await analytics.overview(364)).ai_cost_micro_usd.value or 0)}) == 1
    assert sum(value or 0 for value in (await analytics.overview(364)).ai_cost_micro_usd.series) == sums[0]


async def _year(database: Database) -> ReportPeriod:
    today = now(database).astimezone(INDIA).date()
    return await analytics.resolve_period((today - timedelta(days=363)).isoformat(), None, None)


async def test_a_day_of_25_hours_has_the_hour_that_comes_twice_once(
    figures: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPERATOR_TIME_ZONE", "Europe/Berlin")
    settings.reset_cache()
    await analytics.set_time_zone()
    # 25 October 2026 begins at 22:00 UTC and ends 25 hours later.
    midnight = datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Berlin"))
    begins = midnight.astimezone(ZoneInfo("UTC"))
    for minutes in (-1, 0, 2 * 60 + 30, 3 * 60 + 30, 25 * 60 - 1, 25 * 60):
        answer(figures, begins + timedelta(minutes=minutes))

    found = await analytics.overview(3, until=midnight.date() + timedelta(days=1))

    assert found.answers.series == [1, 4, 1]
    assert found.until - found.since == timedelta(days=3, hours=1)
    await add_up()
    assert (await analytics.overview(3, until=midnight.date() + timedelta(days=1))).answers.series == [1, 4, 1]
