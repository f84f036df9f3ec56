"""Revenue, recurring revenue and customers are what the payments say, for each currency by itself."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from oneai import analytics
from oneai.analytics.period import label
from oneai.postgres import db
from tests.analytics.business import DAYS, FIRST, Business, day_of, end_of
from tests.analytics.conftest import add_up, period
from tests.database.rows import all_rows
from tests.world import Database

pytestmark = pytest.mark.sampled(0.4)

DATED = FIRST + timedelta(days=20)


@dataclass
class Payment:
    """A row, with what became of it."""

    id: UUID
    user: UUID
    subscription: UUID
    currency: str
    plan: str
    amount: int
    status: str
    created_at: datetime
    captured_at: datetime | None
    earned: bool
    refunded_at: datetime | None
    refunded: int
    lost_at: datetime | None
    tax: int
    period_start: datetime
    period_end: datetime
    sub_status: str
    cancelling: bool
    ended_at: datetime | None


def payments_of(database: Database) -> list[Payment]:
    """Every payment."""
    rows = database.rows(
        """
        select p.id, p.workspace_id, p.subscription_id, p.currency, coalesce(p.tier, s.plan_id), p.amount, p.status,
          p.created_at, p.captured_at,
          p.captured_at is not null and (p.quarantined_at is null or p.released_at is not null),
          (select max(r.refunded_at) from oneai.refunds as r where r.payment_id = p.id and r.status = 'processed'),
          p.amount_refunded,
          (select min(d.at) from oneai.disputes as d where d.payment_id = p.id and d.status = 'lost'),
          coalesce((select i.igst from oneai.invoices as i where i.payment_id = p.id), 0),
          p.period_start, p.period_end, s.status, s.cancel_requested_at is not null,
          least(s.superseded_at, s.access_ends_at, case when s.status = 'cancelled' then s.cancelled_at end)
        from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id
        """
    )
    return [Payment(*row) for row in rows]


def money_of(
    payments: list[Payment], first: date, last: date, currency: str, plan: str | None = None
) -> dict[str, int]:
    """The payments and refunds from one day to another."""

    def within(at: datetime | None) -> bool:
        return at is not None and first <= day_of(at) <= last

    own = [each for each in payments if each.currency == currency and plan in (None, each.plan)]
    earned = [each for each in own if each.earned]
    captured = [each for each in earned if within(each.captured_at)]
    refunds = [each for each in earned if within(each.refunded_at)]
    lost = [each for each in earned if within(each.lost_at)]
    failed = [each for each in own if each.status == "failed" and within(each.created_at)]
    gross, tax = sum(each.amount for each in captured), sum(each.tax for each in captured)
    refunded, disputed = sum(each.refunded for each in refunds), sum(each.amount - each.refunded for each in lost)
    return {
        "payments": len(captured),
        "gross": gross,
        "tax": tax,
        "refunds": len(refunds),
        "refunded": refunded,
        "disputes": len(lost),
        "disputed": disputed,
        "failed_payments": len(failed),
        "failed": sum(each.amount for each in failed),
        "net_revenue": gross - tax - refunded - disputed,
    }


def recurring_of(payments: list[Payment], user: UUID, day: date, currency: str, plan: str | None = None) -> int:
    """The user's monthly payment at the end of the day."""
    total = 0
    for each in payments:
        if (each.user, each.currency) != (user, currency) or plan not in (None, each.plan) or not each.earned:
            continue
        newest = max(
            other.period_end
            for other in payments
            if other.earned and (other.subscription, other.currency) == (each.subscription, currency)
        )
        runs_on = each.sub_status in ("active", "past_due") and not each.cancelling and each.period_end == newest
        ends = [
            None if runs_on else each.period_end,
            each.ended_at,
            each.refunded_at if each.refunded >= each.amount else None,
            each.lost_at,
        ]
        at = end_of(day)
        if each.period_start < at and all(end is None or end >= at for end in ends):
            total += round(each.amount / (12 if each.period_end - each.period_start > timedelta(days=300) else 1))
    return total


async def test_money_is_counted_by_day_plan_and_currency(business: Business) -> None:
    business.sign_up(40)
    business.pay(30)
    await add_up()
    payments, asked = payments_of(business.database), period(10, 58)
    fields = set(money_of([], FIRST, FIRST, "INR"))

    report = await analytics.revenue_analytics(asked)
    assert [each.currency for each in report.totals] == ["INR", "USD"]
    for total in report.totals:
        assert total.model_dump(include=fields) == money_of(payments, asked.since, asked.until, total.currency)
    for item in report.items:
        assert item.day is not None
        assert item.model_dump(include=fields) == money_of(payments, item.day, item.day, item.currency), item.day
    for item in (await analytics.revenue_analytics(asked, "plan")).items:
        own = money_of(payments, asked.since, asked.until, item.currency, item.plan)
        assert item.model_dump(include=fields) == own


async def test_recurring_revenue_and_customers_are_those_at_the_end_of_each_day(business: Business) -> None:
    business.sign_up(30)
    business.pay(25)
    await add_up()
    payments, asked = payments_of(business.database), period(8, 60)

    for item in (await analytics.revenue_analytics(asked)).items:
        assert item.day is not None
        each = [recurring_of(payments, user, item.day, item.currency) for user in business.users]
        assert (item.mrr, item.customers) == (sum(each), sum(mrr > 0 for mrr in each)), (item.day, item.currency)
        assert item.arr == 12 * item.mrr
        assert item.arpu == (round(item.mrr / item.customers) if item.customers else None)
    for item in (await analytics.revenue_analytics(asked, "plan")).items:
        each = [recurring_of(payments, user, asked.until, item.currency, item.plan) for user in business.users]
        assert (item.mrr, item.customers) == (sum(each), sum(mrr > 0 for mrr in each))


def movements_of(payments: list[Payment], user: UUID, currency: str) -> dict[date, tuple[str, int]]:
    """The movements of the user's recurring revenue by day."""
    moved: dict[date, tuple[str, int]] = {}
    before, ever = 0, False
    for n in range(-2, DAYS + 500):
        day = FIRST + timedelta(days=n)
        after = recurring_of(payments, user, day, currency)
        if after != before:
            if after == 0:
                kind = "churned"
            elif before == 0:
                kind = "reactivation" if ever else "new"
            else:
                kind = "expansion" if after > before else "contraction"
            moved[day] = (kind, after - before)
        before, ever = after, ever or after > 0
    return moved


async def test_a_movement_is_computed_from_all_payments_of_a_customer(business: Business) -> None:
    business.sign_up(14)
    business.pay(12)
    teams = [business.make_team() for _ in range(6)]
    await add_up()
    payments, asked = payments_of(business.database), period(15, 64)
    report = await analytics.revenue_analytics(asked)

    customers_before = 0
    for total in report.totals:
        moved = [
            each
            for user in business.users
            for day, each in movements_of(payments, user, total.currency).items()
            if asked.since <= day <= asked.until
        ]
        for kind in ("new", "reactivation", "expansion", "contraction", "churned"):
            assert getattr(total, f"{kind}_mrr") == sum(change for name, change in moved if name == kind), kind
        counts = {kind: sum(name == kind for name, _ in moved) for kind in ("new", "reactivation", "churned")}
        assert total.new_customers == counts["new"]
        assert total.reactivated_customers == counts["reactivation"]
        assert total.churned_customers == counts["churned"]
        eve = asked.since - timedelta(days=1)
        before = sum(recurring_of(payments, user, eve, total.currency) > 0 for user in business.users)
        assert total.churn_rate == (round(counts["churned"] / before, 4) if before else None)
        customers_before += before
    made = [day_of(at) for at in (*business.users.values(), *teams)]
    before, new = sum(day < asked.since for day in made), sum(asked.since <= day <= asked.until for day in made)
    conversion = report.conversion
    assert conversion.new_customers == sum(total.new_customers for total in report.totals)
    assert (conversion.free_workspaces, conversion.new_workspaces) == (max(before - customers_before, 0), new)
    assert conversion.rate == round(conversion.new_customers / (conversion.free_workspaces + new), 4)


async def test_late_facts_replace_earlier_figures_completely(business: Business) -> None:
    business.sign_up(10)
    business.pay(8)
    await add_up()
    rows = business.database.rows
    rows("update oneai.payments set quarantined_at = created_at, released_at = null where status = 'captured'")
    await add_up()
    assert rows("select day from oneai.daily_revenue where gross <> 0 or refunded <> 0") == []
    assert rows("select day from oneai.daily_mrr where mrr <> 0 or customers <> 0") == []
    rows("update oneai.payments set quarantined_at = null")
    for status in ("cancelled", "active"):
        rows("update oneai.subscriptions set status = %s, cancelled_at = %s", status, end_of(DATED))
        await add_up()

    payments = payments_of(business.database)
    for item in (await analytics.revenue_analytics(period(0, 68))).items:
        assert item.day is not None
        mrr = sum(recurring_of(payments, user, item.day, item.currency) for user in business.users)
        assert (item.mrr, item.gross) == (mrr, money_of(payments, item.day, item.day, item.currency)["gross"])


async def test_repeated_and_concurrent_runs_count_each_fact_once(business: Business) -> None:
    business.sign_up(10)
    business.pay(9)
    await asyncio.gather(*(analytics.roll_up() for _ in range(4)))
    revenue = business.database.rows("select * from oneai.daily_revenue order by day, currency, plan_id")
    mrr = business.database.rows("select * from oneai.daily_mrr order by day, currency, plan_id, movement")
    users = business.database.rows("select * from oneai.daily_users order by day")

    assert await analytics.roll_up() == {"accounts": 0, "billing": 0}
    business.database.rows(
        "insert into oneai.pending_revenue (payment_id, workspace_id) select id, workspace_id from oneai.payments"
    )
    await analytics.roll_up()

    assert business.database.rows("select * from oneai.daily_revenue order by day, currency, plan_id") == revenue
    after = business.database.rows("select * from oneai.daily_mrr order by day, currency, plan_id, movement")
    assert [row for row in after if row[4] or row[5]] == [row for row in mrr if row[4] or row[5]]
    assert business.database.rows("select * from oneai.daily_users order by day") == users
    assert sum(row[1] for row in users) == 10


@pytest.mark.parametrize("deleted", [False, True])
async def test_payments_of_an_erased_customer_are_kept_without_a_name(business: Business, deleted: bool) -> None:
    business.sign_up(3)
    business.use(40)
    business.pay(3)
    leaving = next(iter(business.users))
    if deleted:
        await add_up()
    tables = ("daily_revenue", "daily_mrr", "daily_active_users", "daily_usage")
    business.database.rows("delete from auth.users where id = %s", leaving)
    await db.call("select oneai.erase(%s)", [leaving])
    await add_up()
    rows = all_rows(business.database)
    stays = {name: sorted(rows[name]) for name in tables}

    await db.call("select oneai.erase(%s)", [leaving])
    business.database.rows("update oneai.payments set method = 'upi' where workspace_id = %s", leaving)
    await add_up()

    payments = payments_of(business.database)
    gross = business.database.one("select sum(gross)::integer from oneai.daily_revenue")
    assert gross == sum(each.amount for each in payments if each.earned)
    after = all_rows(business.database)
    assert {name: sorted(after[name]) for name in tables} == stays
    assert {name for name, rows in after.items() if any(str(leaving) in row for row in rows)} <= {"payments"}
    assert business.database.rows("select sum(deleted)::integer from oneai.daily_users") == [1]


def test_weeks_begin_on_monday_and_months_on_their_first_day() -> None:
    assert [label(date(2026, 8, 2), group) for group in ("day", "week", "month")] == [
        "2026-08-02",
        "2026-07-27",
        "2026-08",
    ]
