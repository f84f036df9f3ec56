"""Cost, margin, latency and errors are what the rows say; suggestions name what costs more at equal feedback."""

from collections import Counter
from decimal import Decimal
from math import ceil, log

import pytest

from oneai import analytics, settings
from oneai.analytics.performance import PERCENTS
from tests.analytics.business import Business, day_of
from tests.analytics.conftest import add_up, period
from tests.analytics.test_revenue_figures import money_of, payments_of
from tests.analytics.test_usage_figures import PARTS, Event, events_of

pytestmark = pytest.mark.sampled(0.4)

RATE = Decimal(80)


def purpose_of(event: Event) -> str:
    """A correction is a part of its answer."""
    return "answer" if event["purpose"] == "correction" else str(event["purpose"])


COSTS = {**PARTS, "purpose": purpose_of}


@pytest.fixture
async def busy(business: Business, monkeypatch: pytest.MonkeyPatch) -> Business:
    """A business that is used and paid for; a dollar is eighty rupees."""
    monkeypatch.setenv("USD_INR", str(RATE))
    settings.reset_cache()
    business.sign_up(25)
    business.use(400)
    business.pay(20)
    await add_up()
    return business


def revenue(business: Business, first: int, last: int, plan: str | None = None) -> float:
    """The net revenue of the days in micro-dollars."""
    asked, payments = period(first, last), payments_of(business.database)
    net = {
        currency: money_of(payments, asked.since, asked.until, currency, plan)["net_revenue"]
        for currency in ("INR", "USD")
    }
    return net["USD"] * 10_000 + float(net["INR"] * 10_000 / RATE)


async def test_cost_and_margin_are_reported_by_every_group(busy: Business) -> None:
    asked = period(11, 55)
    events = events_of(busy, asked)
    cost = sum(e["cost_micro_usd"] for e in events)

    for group, part in COSTS.items():
        report = await analytics.cost_analytics(asked, group)  # type: ignore[arg-type]
        found = {str(getattr(item, group)): item.cost_micro_usd for item in report.items if item.requests}
        wanted: Counter[str] = Counter()
        for e in events:
            wanted[part(e)] += e["cost_micro_usd"]
        assert found == {part(e): wanted[part(e)] for e in events if e["purpose"] != "correction"}, group
        assert report.totals.cost_micro_usd == cost
    totals = (await analytics.cost_analytics(asked)).totals
    assert totals.revenue_micro_usd == pytest.approx(revenue(busy, 11, 55), abs=1)
    assert totals.margin_micro_usd == totals.revenue_micro_usd - cost if totals.revenue_micro_usd else False
    assert totals.usd_inr == RATE
    for item in (await analytics.cost_analytics(asked, "plan")).items:
        assert item.revenue_micro_usd == pytest.approx(revenue(busy, 11, 55, item.plan), abs=1)
    for item in (await analytics.cost_analytics(asked, "provider")).items:
        assert (item.revenue_micro_usd, item.margin_micro_usd) == (None, None)


async def test_the_revenue_of_a_plan_is_divided_among_models_by_cost(busy: Business) -> None:
    asked = period(0, 69)
    events = events_of(busy, asked)

    def charged(plan: str, model: str | None = None) -> int:
        return sum(
            e["charged"] for e in events if e["subscription_tier"] == plan and model in (None, PARTS["model"](e))
        )

    for item in (await analytics.cost_analytics(asked, "model")).items:
        shares = [
            revenue(busy, 0, 69, plan) * charged(plan, item.model) / charged(plan) for plan in ("pro", "enterprise")
        ]
        assert item.revenue_micro_usd == pytest.approx(sum(shares), abs=3)


async def test_a_currency_without_a_rate_leaves_the_margin_empty(busy: Business) -> None:
    asked = period(0, 69)
    busy.database.rows("update oneai.payments set currency = 'EUR' where currency = 'USD'")
    await add_up()

    totals = (await analytics.cost_analytics(asked)).totals

    assert [each.currency for each in totals.net_revenue] == ["EUR", "INR"]
    assert (totals.revenue_micro_usd, totals.margin_micro_usd) == (None, None)


def percentile(values: list[int], percent: int) -> int:
    """The nearest-rank percentile."""
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def check(events: list[Event], found: dict[str, float | None]) -> None:
    """Compares percentiles, to the five percent of a bucket, and errors."""
    answers = [e for e in events if e["purpose"] == "answer"]
    errors = [e for e in answers if e["outcome"] in ("failed", "truncated")]
    assert (found["answers"], found["errors"]) == (len(answers), len(errors))
    for field, name in (("first_token_ms", "first_token_ms"), ("duration_ms", "duration_ms")):
        values = [e[field] for e in answers if e[field] is not None]
        for percent in PERCENTS:
            value = found[f"{name}_p{percent}"]
            if not values:
                assert value is None
            else:
                assert value is not None
                exact = percentile(values, percent)
                assert abs(log(max(value, 1)) - log(exact)) < log(1.1), (field, percent)


async def test_percentiles_and_errors_are_reported_by_every_group(busy: Business) -> None:
    asked = period(7, 61)
    events = events_of(busy, asked)

    check(events, (await analytics.performance_analytics(asked)).totals.model_dump())
    for group in ("day", "week", "month", "model", "provider"):
        items = (await analytics.performance_analytics(asked, group)).items
        names = {PARTS[group](e) for e in events if e["purpose"] == "answer"}
        assert {str(getattr(item, group)) for item in items} >= names
        for item in items:
            own = [e for e in events if PARTS[group](e) == str(getattr(item, group))]
            check(own, item.model_dump())


async def test_errors_are_reported_by_model_provider_and_code(busy: Business) -> None:
    asked = period(7, 61)
    wanted = Counter(
        (PARTS["model"](e), PARTS["provider"](e), e["error_code"] or "")
        for e in events_of(busy, asked)
        if e["purpose"] == "answer" and e["outcome"] in ("failed", "truncated")
    )

    items = (await analytics.performance_analytics(asked, "error")).items

    assert {(item.model, item.provider, item.error_code): item.answers for item in items} == wanted
    assert [item.answers for item in items] == sorted((item.answers for item in items), reverse=True)


async def test_the_eight_figures_are_shown_beside_those_of_the_period_before(busy: Business) -> None:
    asked = period(35, 69)
    events, earlier = events_of(busy, asked), events_of(busy, asked.before())

    found = await analytics.overview(asked.days, until=asked.until)

    costs = [sum(e["cost_micro_usd"] for e in some) for some in (events, earlier)]
    assert (found.ai_cost_micro_usd.value, found.ai_cost_micro_usd.previous) == tuple(costs)
    assert found.ai_cost_micro_usd.change == round((costs[0] - costs[1]) / costs[1], 4)
    active = [
        len({e["user_id"] for e in some if e["purpose"] in ("answer", "embedding")} - {None})
        for some in (events, earlier)
    ]
    assert (found.active_users.value, found.active_users.previous) == tuple(active)
    signed_up = [day_of(at) for at in busy.users.values()]
    assert found.new_users.value == sum(asked.since <= day <= asked.until for day in signed_up)
    answers = [e for e in events if e["purpose"] == "answer"]
    assert found.answers.value == len(answers)
    errors = sum(e["outcome"] in ("failed", "truncated") for e in answers)
    assert found.error_share.value == round(errors / len(answers), 4)
    payments = payments_of(busy.database)
    for figure in found.net_revenue:
        net = money_of(payments, asked.since, asked.until, figure.currency)["net_revenue"]
        assert figure.value == net
    assert found.margin_micro_usd.value == pytest.approx(revenue(busy, 35, 69) - costs[0], abs=1)


def rated(business: Business, model: str, *, answers: int, cost: int, positive: int, negative: int) -> None:
    """A model's answers and ratings."""
    day = period(10, 10).since
    business.database.rows(
        "insert into oneai.daily_usage values (%s, 'answer', %s, 'One', 'pro', %s, %s, 0, 0, 0, 0, 0, 0, 0, 0, %s)",
        *(day, model, answers, answers, answers * cost),
    )
    business.database.rows("insert into oneai.daily_ratings values (%s, %s, %s, %s)", day, model, positive, negative)


async def test_a_model_at_four_times_the_cost_for_equal_feedback_is_reported(business: Business) -> None:
    rated(business, "maker/large", answers=100, cost=4_000, positive=90, negative=10)
    rated(business, "maker/small", answers=400, cost=1_000, positive=89, negative=11)
    rated(business, "maker/poor", answers=400, cost=100, positive=60, negative=40)
    rated(business, "maker/unrated", answers=400, cost=50, positive=10, negative=0)
    rated(business, "maker/rare", answers=20, cost=50, positive=20, negative=0)

    (suggestion,) = (await analytics.cost_analytics(period(0, 20))).suggestions

    assert (suggestion.model, suggestion.alternative) == ("maker/large", "maker/small")
    assert suggestion.message == "maker/large costs 4 times maker/small at equal feedback."
    assert suggestion.saving_micro_usd == 100 * 3_000
