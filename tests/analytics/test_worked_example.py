"""The example of docs/operations/figures.md, computed by hand: a yearly plan, two currencies, a refund, a dispute."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from oneai import analytics, settings
from oneai.analytics import ReportPeriod
from tests.analytics.business import INDIA
from tests.analytics.conftest import add_up
from tests.database.billing_rows import payment, refund
from tests.world import Database

NOVEMBER = ReportPeriod(date(2026, 11, 1), date(2026, 11, 30), INDIA.key)


def noon(day: int) -> datetime:
    """A moment of November."""
    return datetime(2026, 11, day, 12, tzinfo=INDIA)


def pay(database: Database, day: int, amount: int, tax: int, *, currency: str = "INR", days: int = 30) -> UUID:
    """A new customer's first payment with its invoice."""
    user = database.user(f"{uuid4().hex}@example.com")
    subscription = database.one(
        "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider, provider_subscription_id, "
        "period, currency, amount) values (%s, 'pro', 'active', 'razorpay', %s, %s, %s, %s) returning id",
        *(user, f"sub_{uuid4().hex[:14]}", "yearly" if days > 31 else "monthly", currency, amount),
    )
    at = noon(day)
    ends = at + timedelta(days=days)
    columns: dict[str, Any] = {"currency": currency, "tier": "pro", "created_at": at, "captured_at": at}
    paid = payment(database, user, amount, of=subscription, **columns, period_start=at, period_end=ends)
    invoice(database, paid, amount, tax)
    return paid


def invoice(database: Database, paid: UUID, total: int, tax: int, credited: UUID | None = None) -> None:
    """An invoice, or the credit note of a refund."""
    database.rows(
        "insert into oneai.invoices (kind, number, payment_id, refund_id, currency, total, taxable, igst, tax_rate, "
        "sac, place_of_supply, description, seller, buyer) "
        "select %s, %s, id, %s, currency, %s, %s, %s, 1800, '998315', 'KA', 'Pro', '{}', '{}' "
        "from oneai.payments where id = %s",
        *("credit_note" if credited else "invoice", uuid4().hex[:16], credited, total, total - tax, tax, paid),
    )


async def test_the_example_of_the_documentation_matches_the_reports(
    figures: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USD_INR", "85")
    settings.reset_cache()
    pay(figures, 3, 799_000, 121_881, days=365)
    pay(figures, 5, 999, 0, currency="USD")
    refunded, disputed = pay(figures, 6, 79_900, 12_188), pay(figures, 10, 79_900, 12_188)
    await add_up()
    back = refund(figures, refunded, 79_900, "processed")
    figures.rows("update oneai.refunds set refunded_at = %s where id = %s", noon(8), back)
    figures.rows("update oneai.payments set amount_refunded = amount where id = %s", refunded)
    invoice(figures, refunded, 79_900, 12_188, back)
    # As stored for a dispute that is lost long after its payment was added up.
    figures.rows("insert into oneai.disputes values (%s, 'razorpay', 'disp_1', 'lost', %s)", disputed, noon(20))
    await add_up()

    rupees, dollars = (await analytics.revenue_analytics(NOVEMBER)).totals
    assert (rupees.currency, rupees.gross, rupees.tax, rupees.refunded, rupees.disputed) == (
        *("INR", 958_800, 134_069, 79_900, 79_900),
    )
    assert (rupees.net_revenue, rupees.mrr, rupees.arr, rupees.customers) == (664_931, 66_583, 798_996, 1)
    assert (rupees.new_mrr, rupees.churned_mrr, rupees.new_customers, rupees.churned_customers) == (
        *(226_383, -159_800, 3, 2),
    )
    assert (dollars.currency, dollars.net_revenue, dollars.mrr, dollars.customers) == ("USD", 999, 999, 1)
    cost = (await analytics.cost_analytics(NOVEMBER)).totals
    assert (cost.revenue_micro_usd, cost.margin_micro_usd) == (88_217_176, 88_217_176)
    december = ReportPeriod(date(2026, 12, 1), date(2026, 12, 3), INDIA.key)
    later = (await analytics.revenue_analytics(december)).totals[0]
    assert (later.currency, later.net_revenue, later.mrr, later.customers) == ("INR", 0, 66_583, 1)
