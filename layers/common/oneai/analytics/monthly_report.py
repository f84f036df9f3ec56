"""The monthly report, mailed to operators in the first days of the next month."""

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from oneai import settings
from oneai.analytics.overview import Figure, Overview, overview
from oneai.analytics.period import ReportPeriod
from oneai.analytics.report_settings import operator_zone
from oneai.analytics.revenue import ProviderRevenue, RevenueFigures, revenue_analytics
from oneai.analytics.suggestions import suggestions
from oneai.notifications.operator_payloads import BusinessReport
from oneai.notifications.outbox import OutboxSettings
from oneai.postgres import db

# In the operator's time: the month's last hour is added up by then, and late payments have arrived.
REPORT_HOUR = 6
REPORT_DAYS = 7


async def enqueue_report() -> int:
    """Queues the mail about the previous month, once, if operators have an address. Returns the number of mails."""
    if not settings.read(OutboxSettings).operator_email:
        return 0
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    month = due_month(now)
    if month is None:
        return 0
    payload = json.dumps(asdict(await business_report(month)))
    (enqueued,) = await db.call(
        "select oneai.enqueue_mail(null, 'business_report', %s, %s)", [f"{month.since:%Y-%m}", payload], idempotent=True
    )
    return int(enqueued)


def due_month(now: datetime) -> ReportPeriod | None:
    """The last complete month, in the operator's days; None if its report is no longer due."""
    zone = operator_zone()
    local = now.astimezone(zone)
    if not (1 <= local.day <= REPORT_DAYS) or (local.day == 1 and local.hour < REPORT_HOUR):
        return None
    return _month_before(local.date(), zone.key)


async def business_report(month: ReportPeriod) -> BusinessReport:
    """The figures of a month, compared with the month before."""
    before = _month_before(month.since, month.tz)
    compared = await overview(month.days, until=month.until, days_before=before.days)
    revenue = await revenue_analytics(month, "month")
    return BusinessReport(
        month=f"{month.since:%Y-%m}",
        figures=[*_figures(compared), *await _credits(month)],
        currencies=[_currency(each) for each in revenue.totals],
        suggestions=[each.message for each in await suggestions(month)],
        providers=[_provider(each) for each in revenue.providers],
    )


async def _credits(month: ReportPeriod) -> list[dict[str, Any]]:
    """What was bought, used and expired of prepaid credits in the month, and what was left at its end; nothing before
    the first purchase or gift."""
    (found,) = await db.call("select oneai.credit_figures(%s, %s)", [month.since, month.until], idempotent=True)
    days = found["days"]
    sums = {name: sum(int(day[f"{name}_micro_usd"]) for day in days) for name in ("sold", "used", "expired")}
    left = int(days[-1]["liability_micro_usd"])
    if not any(sums.values()) and not left:
        return []
    named = {f"credits_{name}_micro_usd": value for name, value in sums.items()} | {"credits_left_micro_usd": left}
    return [{"name": name, "value": value, "change": None} for name, value in named.items()]


def _month_before(day: date, tz: str) -> ReportPeriod:
    last = day.replace(day=1) - timedelta(days=1)
    return ReportPeriod(last.replace(day=1), last, tz)


def _figures(compared: Overview) -> list[dict[str, Any]]:
    figures = {name: figure for name, figure in compared if isinstance(figure, Figure)}
    return [{"name": name, "value": each.value, "change": each.change} for name, each in figures.items()]


def _currency(figures: RevenueFigures) -> dict[str, Any]:
    names = {"currency", "mrr", "net_revenue", "customers", "new_customers", "churned_customers"}
    return figures.model_dump(include=names)


def _provider(figures: ProviderRevenue) -> dict[str, Any]:
    names = {"payment_provider", "currency", "payments", "net_revenue", "fees", "payments_with_fee"}
    return figures.model_dump(include=names)
