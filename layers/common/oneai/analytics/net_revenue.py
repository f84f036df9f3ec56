"""Revenue by the operator's day, currency, plan and payment provider. Amounts are in the currency's smallest unit.

Currencies are not converted, except for margins, which are in dollars: `in_micro_usd`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from oneai import settings
from oneai.analytics.period import ReportPeriod
from oneai.analytics.report_settings import AnalyticsSettings
from oneai.postgres import db

# Micro-dollars per cent.
CENT = 10_000
# Per dollar.
DOLLAR = 1_000_000


@dataclass
class RevenueRow:
    """A day's payments of one provider for one plan: captured payments, the tax in them, refunds, lost disputes, failed
    attempts. `fees`: of those payments whose fee the provider states."""

    day: date
    currency: str
    plan_id: str
    payments: int
    gross: int
    tax: int
    refunds: int
    refunded: int
    disputes: int
    disputed: int
    failed_payments: int
    failed: int
    payment_provider: str
    fees: int
    payments_with_fee: int

    @property
    def net(self) -> int:
        """The revenue without tax, refunds and lost disputes."""
        return self.gross - self.tax - self.refunded - self.disputed


async def revenue_rows(period: ReportPeriod) -> list[RevenueRow]:
    """The revenue of the period, by day, currency, plan and provider."""
    return await db.as_service(
        """
        select day, currency, plan_id, payment_provider, sum(payments)::bigint as payments, sum(gross)::bigint as gross,
          sum(tax)::bigint as tax, sum(refunds)::bigint as refunds, sum(refunded)::bigint as refunded,
          sum(disputes)::bigint as disputes, sum(disputed)::bigint as disputed,
          sum(failed_payments)::bigint as failed_payments, sum(failed)::bigint as failed, sum(fees)::bigint as fees,
          sum(payments_with_fee)::bigint as payments_with_fee
        from oneai.daily_revenue_now where day between %s and %s
        group by 1, 2, 3, 4 having (sum(payments), sum(refunds), sum(disputes), sum(failed_payments)) <> (0, 0, 0, 0)
        order by 1, 2, 3, 4
        """,
        [period.since, period.until],
        RevenueRow,
    )


def net_by_currency(rows: Iterable[RevenueRow]) -> dict[str, int]:
    """The net revenue of each currency, in alphabetical order."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.net
    return dict(sorted(sums.items()))


def in_micro_usd(net: dict[str, int]) -> int | None:
    """Adds up dollars, rupees and rupiah in micro-dollars, with the settings USD_INR and USD_IDR. None if there is
    revenue in another currency, because it has no rate."""
    if any(amount for currency, amount in net.items() if currency not in ("USD", "INR", "IDR")):
        return None
    rates = settings.read(AnalyticsSettings)
    rupees = Decimal(net.get("INR", 0)) * CENT / rates.usd_inr
    rupiah = Decimal(net.get("IDR", 0)) * DOLLAR / rates.usd_idr
    return net.get("USD", 0) * CENT + int((rupees + rupiah).quantize(Decimal(1), ROUND_HALF_EVEN))
