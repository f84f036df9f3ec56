"""The costs shown to an operator add up to the spending."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from oneai.quota.reset import reset_due_quotas
from ops import costs
from tests.database.billing_rows import payment, refund, subscription
from tests.usage.events import insert_event
from tests.world import Database, World

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def asha(database: Database) -> UUID:
    """A user on the free plan."""
    return database.user("asha@example.com")


@pytest.fixture
def busy(database: Database, asha: UUID, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A month with two models, a title, and a paid subscription; half of it is added up."""
    insert_event(database, asha, NOON, cost=3_000_000)
    insert_event(database, asha, NOON, purpose="title", cost=500)
    database.rows("select oneai.roll_up_usage(1000)")
    insert_event(database, asha, NOON - timedelta(days=3), model="maker/large", cost=1_000_000)
    insert_event(database, asha, NOON - timedelta(days=40), cost=7)
    insert_event(database, asha, NOON + timedelta(days=1), purpose="title", cost=0)
    database.rows("select oneai.increment_quota_stats('free', 'small_messages', 'refusal', 2)")
    monkeypatch.setenv("DATABASE_URL", database.url("postgres"))
    monkeypatch.setenv("MONTH", "2026-11")
    return database


def test_the_chart_of_a_month_shows_days_models_and_plans(busy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert costs.main([]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "November 2026, upstream cost in USD"
    assert [line.split()[:3] for line in lines[2:4]] == [["17", "Tue", "$1.0000"], ["20", "Fri", "$3.0005"]]
    full, third = (line.count("█") for line in (lines[3], lines[2]))
    assert (full, third) == (costs.BAR, 13)
    assert (lines[4].split()[:2], lines[4].split()[-2:]) == (["21", "Sat"], ["0", "answers"])
    assert any("maker/small (title)" in line and "$0.0005" in line for line in lines)
    assert any(line.startswith("  free ") and "$4.0005" in line and "1 user;" in line for line in lines)


def test_a_month_without_usage_says_so(
    database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url("postgres"))
    monkeypatch.setenv("MONTH", "2020-02")

    assert costs.main([]) == 0

    assert "nothing was asked" in capsys.readouterr().out


def test_an_invalid_month_is_refused(
    database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url("postgres"))
    monkeypatch.setenv("MONTH", "November")

    assert costs.main([]) == 1

    assert "2026-11" in capsys.readouterr().err


def test_the_margin_of_a_plan_joins_its_revenue_and_its_cost(busy: Database, asha: UUID) -> None:
    subscription = busy.one(
        "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider) "
        "values (%s, 'free', 'active', 'Acme') returning id",
        asha,
    )
    for amount, refunded in ((99_900, 0), (99_900, 900)):
        busy.rows(
            "insert into oneai.payments (workspace_id, subscription_id, payment_provider, provider_payment_id, amount, "
            "amount_refunded, currency, status, captured_at) "
            "values (%s, %s, 'Acme', gen_random_uuid()::text, %s, %s, 'INR', 'captured', %s)",
            asha,
            subscription,
            amount,
            refunded,
            NOON,
        )

    (row,) = busy.rows(
        "select plan_id, currency, payments, revenue, people, cost_micro_usd from oneai.margin_by_plan_month "
        "where month = '2026-11-01'"
    )

    assert row == ("free", "INR", 2, 198_900, 1, 4_000_500)


def test_only_captured_payments_for_plans_are_revenue(busy: Database, asha: UUID) -> None:
    of = subscription(busy, asha)
    captured: dict[str, Any] = {"captured_at": NOON, "of": of}
    payment(busy, asha, 100, status="failed", of=of, captured_at=None)
    payment(busy, asha, 200, quarantined_at=NOON, **captured)
    payment(busy, asha, 400, quarantined_at=NOON, released_at=NOON, **captured)
    returned = payment(busy, asha, 800, **captured)
    refund(busy, returned, 500)
    refund(busy, returned, 300, "pending")
    lost = payment(busy, asha, 1600, **captured)
    busy.rows("insert into oneai.disputes values (%s, 'razorpay', 'disp_1', 'lost', oneai.now())", lost)

    earned = busy.rows(
        "select plan_id, payments, revenue from oneai.margin_by_plan_month "
        "where month = '2026-11-01' and currency is not null"
    )

    assert earned == [("pro", 2, 700)]


def test_popular_models_are_those_requested_by_users(busy: Database) -> None:
    assert busy.rows(
        "select model, messages::integer, people::integer from oneai.popular_models "
        "where month = '2026-11-01' order by 1"
    ) == [("maker/large", 1, 1), ("maker/small", 1, 1)]


async def test_resets_and_refusals_are_counted_by_tier(world: World) -> None:
    database, asha = world.database, world.people["asha"]
    database.rows(
        "update oneai.usage_quotas set used = quota_limit where workspace_id = %s and quota_key = 'small_messages'",
        asha,
    )
    for _ in range(3):
        assert (await world.ask("Hello")).code == "quota_exceeded"
    looked = await world.post("/quota/check", {"quota_key": "small_messages"})
    assert looked.status_code == 429
    database.advance(32 * 86_400)

    await reset_due_quotas("monthly", 60)

    assert database.rows(
        "select quota_key, kind, sum(count)::integer from oneai.quota_stats where subscription_tier = 'free' "
        "group by 1, 2 order by 1, 2"
    ) == [
        ("image_generation", "reset", 2),
        ("large_messages", "reset", 2),
        ("small_messages", "refusal", 3),
        ("small_messages", "reset", 2),
        ("web_searches", "reset", 2),
    ]
