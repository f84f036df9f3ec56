"""Revenue by currency, and by day, week, month or plan: payments, recurring revenue and churn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from oneai.analytics.net_revenue import RevenueRow, revenue_rows
from oneai.analytics.period import ReportPeriod, TimeGroup, label
from oneai.analytics.recurring import ALL_PLANS, MovementRow, Recurring, movements, openings
from oneai.analytics.report import Report, share
from oneai.postgres import db

type RevenueGroup = Literal["day", "week", "month", "plan"]

_UNIT = "in the currency's smallest unit"


class RevenueFigures(BaseModel):
    """Revenue in one currency, in its smallest unit. Shares are between 0 and 1; null if they are undefined."""

    currency: str = Field(description="The currency of every amount here.")
    mrr: int = Field(description="Monthly recurring revenue at the end; a yearly payment counts a twelfth.")
    arr: int = Field(description="Twelve times that.")
    customers: int = Field(description="Customers at the end: workspaces that pay, so a team is one.")
    arpu: int | None = Field(description="Recurring revenue per customer.")
    new_mrr: int = Field(description="Recurring revenue of customers that had never paid before.")
    reactivation_mrr: int = Field(description="Recurring revenue of customers who returned.")
    expansion_mrr: int = Field(description="The increase from customers who pay more.")
    contraction_mrr: int = Field(description="The decrease from customers who pay less; negative.")
    churned_mrr: int = Field(description="The loss from customers who left; negative.")
    new_customers: int = Field(description="Customers who had never paid before.")
    reactivated_customers: int = Field(description="Customers who returned.")
    churned_customers: int = Field(description="Customers who left.")
    churn_rate: float | None = Field(description="The share of the initial customers who left.")
    mrr_churn_rate: float | None = Field(description="The share of the initial recurring revenue that was lost.")
    payments: int = Field(description="Payments that were captured.")
    gross: int = Field(description="Their sum.")
    tax: int = Field(description="The tax in it by invoices, minus the tax of credit notes.")
    refunds: int = Field(description="Refunds that were paid out.")
    refunded: int = Field(description="Their sum.")
    disputes: int = Field(description="Disputes that were lost.")
    disputed: int = Field(description="Their sum.")
    net_revenue: int = Field(description="`gross` minus tax, refunds and lost disputes.")
    failed_payments: int = Field(description="Payments that failed.")
    failed: int = Field(description="Their sum.")
    failed_payment_share: float | None = Field(description="The share of failed payments.")


class RevenueAnalyticsItem(RevenueFigures):
    """One day, week, month or plan, in one currency."""

    day: date | None = Field(default=None, description="The day; with `group_by=day` only.")
    week: date | None = Field(
        default=None, description="The Monday on which the week starts; with `group_by=week` only."
    )
    month: str | None = Field(default=None, description="The month, `2026-11`; with `group_by=month` only.")
    plan: str | None = Field(default=None, description="The plan; with `group_by=plan` only.")


class ProviderRevenue(BaseModel):
    """What one payment provider took in one currency, in its smallest unit."""

    payment_provider: str = Field(description="The provider, such as `razorpay`; `bank_transfer` for transfers.")
    currency: str = Field(description="The currency of every amount here.")
    payments: int = Field(description="Payments that were captured.")
    gross: int = Field(description="Their sum.")
    refunds: int = Field(description="Refunds that were paid out.")
    refunded: int = Field(description="Their sum.")
    disputes: int = Field(description="Disputes that were lost.")
    disputed: int = Field(description="Their sum.")
    failed_payments: int = Field(description="Payments that failed.")
    net_revenue: int = Field(description="`gross` minus tax, refunds and lost disputes.")
    fees: int = Field(description="The provider's fees for those payments whose fee it states.")
    payments_with_fee: int = Field(description="How many payments these are.")


class Conversion(BaseModel):
    """Conversion from free to paid, for all currencies together."""

    free_workspaces: int = Field(
        description="Users and teams at the start, less the customers: each of these is one workspace."
    )
    new_workspaces: int = Field(description="Users who signed up in the period, and teams that were created in it.")
    new_customers: int = Field(description="Workspaces whose first payment is in the period.")
    rate: float | None = Field(description="New customers as a share of free and new workspaces.")


class RevenueAnalytics(Report):
    """Revenue of a period; one row for each currency."""

    totals: list[RevenueFigures] = Field(description="The period, by currency.")
    providers: list[ProviderRevenue] = Field(description="The period, by payment provider and currency.")
    conversion: Conversion = Field(description="Conversion from free to paid.")
    items: list[RevenueAnalyticsItem] = Field(description="The figures by `group_by`.")


@dataclass
class _Workspaces:
    before: int
    new: int


async def revenue_analytics(period: ReportPeriod, group_by: RevenueGroup = "day") -> RevenueAnalytics:
    """Returns revenue in the period, from the daily totals."""
    paid, moved, opening = await revenue_rows(period), await movements(period), await openings(period.since)
    currencies = sorted({key[0] for key in opening} | {row.currency for row in paid} | {row.currency for row in moved})
    totals = [
        RevenueFigures.model_validate(
            _figures(currency, _opening(opening, currency), _all_plans(moved, currency), _of(paid, currency))
        )
        for currency in currencies
    ]
    grouping = _by_plan if group_by == "plan" else _by_time(period, group_by)
    items = [item for currency in currencies for item in grouping(currency, opening, moved, paid)]
    return await RevenueAnalytics.of(
        period,
        totals=totals,
        providers=_by_provider(paid),
        conversion=await _conversion(period, opening, moved),
        items=items,
    )


type _Openings = dict[tuple[str, str], Recurring]
type _Grouping = Callable[[str, _Openings, list[MovementRow], list[RevenueRow]], list[RevenueAnalyticsItem]]


def _by_time(period: ReportPeriod, group: TimeGroup) -> _Grouping:
    """One item for each day, week or month, which starts with the previous item's closing figures."""

    def items(
        currency: str, opening: _Openings, moved: list[MovementRow], paid: list[RevenueRow]
    ) -> list[RevenueAnalyticsItem]:
        moved_in, paid_in = _by_label(_all_plans(moved, currency), group), _by_label(_of(paid, currency), group)
        before, result = _opening(opening, currency), []
        for name in period.labels(group):
            figures = _figures(currency, before, moved_in.get(name, []), paid_in.get(name, []))
            result.append(RevenueAnalyticsItem.model_validate(figures | {group: name}))
            before = Recurring(figures["mrr"], figures["customers"])
        return result

    return items


def _by_plan(
    currency: str, opening: _Openings, moved: list[MovementRow], paid: list[RevenueRow]
) -> list[RevenueAnalyticsItem]:
    plans = {key[1] for key in opening if key[0] == currency} | {row.plan_id for row in _of(moved, currency)}
    plans = (plans - {ALL_PLANS}) | {row.plan_id for row in _of(paid, currency)}
    return [
        RevenueAnalyticsItem.model_validate(
            _figures(
                currency,
                Recurring() if plan == ALL_PLANS else opening.get((currency, plan), Recurring()),
                [row for row in _of(moved, currency) if row.plan_id == plan != ALL_PLANS],
                [row for row in _of(paid, currency) if row.plan_id == plan],
            )
            | {"plan": plan}
        )
        for plan in sorted(plans)
    ]


def _by_provider(paid: list[RevenueRow]) -> list[ProviderRevenue]:
    """The sums of each provider in each currency, in alphabetical order."""
    found: dict[tuple[str, str], list[RevenueRow]] = {}
    for row in paid:
        found.setdefault((row.payment_provider, row.currency), []).append(row)
    names = (*("payments", "gross", "refunds", "refunded", "disputes", "disputed"), "failed_payments")
    return [
        ProviderRevenue(
            payment_provider=provider,
            currency=currency,
            net_revenue=sum(row.net for row in rows),
            **{name: sum(getattr(row, name) for row in rows) for name in (*names, "fees", "payments_with_fee")},
        )
        for (provider, currency), rows in sorted(found.items())
    ]


def _of[T: (MovementRow, RevenueRow)](rows: list[T], currency: str) -> list[T]:
    return [row for row in rows if row.currency == currency]


def _by_label[T: (MovementRow, RevenueRow)](rows: list[T], group: TimeGroup) -> dict[str, list[T]]:
    parts: dict[str, list[T]] = {}
    for row in rows:
        parts.setdefault(label(row.day, group), []).append(row)
    return parts


def _all_plans(moved: list[MovementRow], currency: str) -> list[MovementRow]:
    return [row for row in _of(moved, currency) if row.plan_id == ALL_PLANS]


def _opening(opening: _Openings, currency: str) -> Recurring:
    return opening.get((currency, ALL_PLANS), Recurring())


def _figures(
    currency: str, before: Recurring, moved: Iterable[MovementRow], paid: Iterable[RevenueRow]
) -> dict[str, Any]:
    recurring = Recurring(before.mrr_before, before.customers_before).add(moved)
    rows = list(paid)
    mrr, customers = recurring.mrr_after, recurring.customers_after
    lost = -(recurring.mrr["churn"] + recurring.mrr["contraction"])
    sums = {
        name: sum(getattr(row, name) for row in rows)
        for name in (
            *("payments", "gross", "tax", "refunds", "refunded", "disputes", "disputed"),
            *("failed_payments", "failed"),
        )
    }
    return sums | {
        "currency": currency,
        "mrr": mrr,
        "arr": 12 * mrr,
        "customers": customers,
        "arpu": round(mrr / customers) if customers else None,
        "new_mrr": recurring.mrr["new"],
        "reactivation_mrr": recurring.mrr["reactivation"],
        "expansion_mrr": recurring.mrr["expansion"],
        "contraction_mrr": recurring.mrr["contraction"],
        "churned_mrr": recurring.mrr["churn"],
        "new_customers": recurring.customers["new"],
        "reactivated_customers": recurring.customers["reactivation"],
        "churned_customers": -recurring.customers["churn"],
        "churn_rate": share(-recurring.customers["churn"], recurring.customers_before),
        "mrr_churn_rate": share(lost, recurring.mrr_before),
        "net_revenue": sum(row.net for row in rows),
        "failed_payment_share": share(sums["failed_payments"], sums["failed_payments"] + sums["payments"]),
    }


async def _conversion(period: ReportPeriod, opening: _Openings, moved: list[MovementRow]) -> Conversion:
    # Each user has a personal workspace; of the teams, those that were erased are not counted.
    (workspaces,) = await db.as_service(
        """
        select coalesce(sum(c.gained - c.lost) filter (where c.day < %s), 0)::bigint as before,
          coalesce(sum(c.gained) filter (where c.day >= %s), 0)::bigint as new
        from (
          select u.day, u.signed_up as gained, u.deleted as lost from oneai.daily_users_now as u
          union all
          select (w.created_at at time zone z.name)::date, 1, 0
          from oneai.operator_time_zone as z cross join oneai.workspaces as w where w.kind = 'team') as c
        where c.day <= %s
        """,
        [period.since, period.since, period.until],
        _Workspaces,
    )
    customers = sum(each.customers_before for key, each in opening.items() if key[1] == ALL_PLANS)
    free = max(workspaces.before - customers, 0)
    converted = sum(row.customers for row in moved if row.movement == "new" and row.plan_id == ALL_PLANS)
    return Conversion(
        free_workspaces=free,
        new_workspaces=workspaces.new,
        new_customers=converted,
        rate=share(converted, free + workspaces.new),
    )
