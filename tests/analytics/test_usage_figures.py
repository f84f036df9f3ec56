"""Users, answers, tokens and ratings are what the rows say, day by day and group by group."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from oneai import analytics
from oneai.analytics import ReportPeriod, activity
from oneai.analytics.period import label
from tests.analytics.business import DAYS, Business, day_of
from tests.analytics.conftest import add_up, period

pytestmark = pytest.mark.sampled(0.4)

type Event = dict[str, Any]
PARTS: dict[str, Callable[[Event], str]] = {
    "day": lambda e: label(day_of(e["created_at"]), "day"),
    "week": lambda e: label(day_of(e["created_at"]), "week"),
    "month": lambda e: label(day_of(e["created_at"]), "month"),
    "model": lambda e: e["model_served"] or e["model_asked"],
    "provider": lambda e: e["provider"] or "",
    "plan": lambda e: e["subscription_tier"],
}


def events_of(business: Business, asked: ReportPeriod) -> list[Event]:
    """The events in the period."""
    return [e for e in business.events if asked.since <= day_of(e["created_at"]) <= asked.until]


def sums(events: list[Event]) -> dict[str, int]:
    """The countable figures of these events."""
    answers = [e for e in events if e["purpose"] == "answer"]
    outcomes = Counter(e["outcome"] for e in answers)
    people = [e for e in events if e["purpose"] != "title"]
    return {
        "answers": len(answers),
        **{outcome: outcomes[outcome] for outcome in ("complete", "stopped", "truncated", "failed")},
        "embeddings": sum(e["purpose"] == "embedding" for e in events),
        "prompt_tokens": sum(e["prompt_tokens"] for e in people),
        "completion_tokens": sum(e["completion_tokens"] for e in people),
    }


def active(business: Business, first: date, last: date) -> int:
    """Different users who asked something from one day to another."""
    asked = {
        e["user_id"]
        for e in business.events
        if e["purpose"] in ("answer", "embedding") and first <= day_of(e["created_at"]) <= last
    }
    return len(asked - {None})


def new(business: Business, first: date, last: date) -> int:
    """Users who signed up from one day to another."""
    return sum(first <= day_of(at) <= last for at in business.users.values())


async def test_every_group_has_the_sums_of_its_rows(business: Business) -> None:
    business.sign_up(20)
    business.use(400)
    await add_up()
    asked = period(9, 52)
    events = events_of(business, asked)

    for group, part in PARTS.items():
        report = await analytics.usage_analytics(asked, group)  # type: ignore[arg-type]
        found = {
            str(getattr(item, group)): item.model_dump(include=set(sums([]))) for item in report.items if item.answers
        }
        parts = {part(e) for e in events}
        wanted = {name: sums([e for e in events if part(e) == name]) for name in parts}
        assert found == {name: each for name, each in wanted.items() if each["answers"]}, group
        assert report.totals.model_dump(include=set(sums([]))) == sums(events)
        assert report.totals.completion_rate == round(sums(events)["complete"] / sums(events)["answers"], 4)


async def test_users_are_counted_once_in_each_group(business: Business) -> None:
    business.sign_up(12)
    business.use(250)
    await add_up()
    asked = period(12, 60)

    days = (await analytics.usage_analytics(asked, "day")).items
    assert len(days) == asked.days
    for item in days:
        assert item.day is not None
        windows = [active(business, item.day - timedelta(days=length - 1), item.day) for length in (1, 7, 30)]
        assert [item.active_users, item.weekly_active_users, item.monthly_active_users] == windows, item.day
        assert item.new_users == new(business, item.day, item.day)
    for item in (await analytics.usage_analytics(asked, "week")).items:
        assert item.week is not None
        first, last = max(item.week, asked.since), min(item.week + timedelta(days=6), asked.until)
        assert (item.active_users, item.new_users) == (active(business, first, last), new(business, first, last))
    for item in (await analytics.usage_analytics(asked, "month")).items:
        of_month = [day.day for day in days if day.day is not None and f"{day.day:%Y-%m}" == item.month]
        assert item.active_users == active(business, of_month[0], of_month[-1])
    totals = (await analytics.usage_analytics(asked)).totals
    people = active(business, asked.since, asked.until)
    tokens = sums(events_of(business, asked))
    assert totals.active_users == people
    assert totals.tokens_per_user == round((tokens["prompt_tokens"] + tokens["completion_tokens"]) / people)
    assert (totals.weekly_active_users, totals.new_users) == (
        active(business, asked.until - timedelta(days=6), asked.until),
        new(business, asked.since, asked.until),
    )


async def test_late_days_in_any_order_are_counted_as_if_on_time(business: Business) -> None:
    business.sign_up(4)
    for _ in range(8):
        business.use(15)
        await add_up()
    everything = period(0, DAYS - 1)

    for first in range(0, DAYS, 7):
        for last in range(first, DAYS, 5):
            asked = period(first, last)
            found = await activity.active_users(asked)
            assert found == active(business, asked.since, asked.until), asked
    rows = business.database.rows("select day, sum(users)::integer from oneai.daily_active_users group by 1 order by 1")
    assert dict(rows) == {
        day: count
        for n in range(everything.days)
        if (count := active(business, day := everything.since + timedelta(days=n), day))
    }


async def test_ratings_count_for_the_model_and_day_of_the_answer(business: Business) -> None:
    business.use(30)
    business.rate(60)
    await add_up()
    asked = period(5, 45)
    rated = [each for each in business.ratings if asked.since <= each[0] <= asked.until]

    items = (await analytics.usage_analytics(asked, "model")).items
    for item in items:
        own = Counter(rating for _, model, rating in rated if model == item.model)
        assert (item.positive, item.negative) == (own[1], own[-1])
    totals = (await analytics.usage_analytics(asked)).totals
    ups = sum(rating == 1 for _, _, rating in rated)
    assert totals.positive_share == round(ups / len(rated), 4)


async def test_a_business_without_usage_has_figures_of_zero(business: Business) -> None:
    await add_up()

    report = await analytics.usage_analytics(period(0, 2))

    assert (report.totals.answers, report.totals.active_users, report.totals.completion_rate) == (0, 0, None)
    assert [item.answers for item in report.items] == [0, 0, 0]
