"""The figures an operator looks at first: eight of a period of days, each with that of the period before.

Sums over time come from roll-ups, never from single events. Days are those of OPERATOR_TIME_ZONE.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import BaseModel, Field

from oneai.admin.business_settings import business_settings
from oneai.postgres import db
from oneai.usage.date_range import DateRange, parse_range
from oneai.usage.report import percentile

MICRO_USD = 1_000_000
MAX_DAYS = 366


class Figure(BaseModel):
    """A figure of the period and of the one before, as long and right before it."""

    value: float | None = Field(description="In the period; null where there is nothing to compute it from.")
    previous: float | None = Field(description="In the period before.")
    change: float | None = Field(description="(value - previous) / previous; null without a previous value.")


class MoneyFigure(Figure):
    """Money of one currency, in its smallest unit. Currencies are never added up."""

    currency: str = Field(description="ISO 4217, such as `INR`.")


class Overview(BaseModel):
    """The answer of `GET /api/admin/overview`."""

    since: datetime = Field(serialization_alias="from", description="The beginning of the period.")
    until: datetime = Field(serialization_alias="to", description="Its end, the end of today.")
    previous_from: datetime = Field(description="The beginning of the period before, which ends at `from`.")
    tz: str = Field(description="The time zone whose days are counted.")
    active_users: Figure = Field(description="Users who got an answer.")
    new_users: Figure = Field(description="Users who signed up, and have not been deleted since.")
    answers: Figure = Field(description="Answers, embeddings and titles not counted.")
    first_token_ms_p50: Figure = Field(description="Median milliseconds to the first text, to five percent.")
    first_token_ms_p95: Figure = Field(description="The 95th percentile of the same.")
    error_share: Figure = Field(description="Answers that failed or broke off, as a share of all.")
    net_revenue: list[MoneyFigure] = Field(
        description="Captured payments less refunds and lost disputes, each in the period it happened in."
    )
    ai_cost_micro_usd: Figure = Field(description="What models cost, titles and embeddings included.")
    margin_micro_usd: Figure = Field(description="Net revenue in dollars, by the rate `usd_inr`, less that cost.")
    usd_inr: float = Field(description="Rupees for a dollar, a setting; used for `margin_micro_usd` alone.")


@dataclass
class _UsageRow:
    is_previous: bool
    first_token_bucket: int
    answers: int
    errors: int
    cost_micro_usd: int


@dataclass
class _Users:
    is_previous: bool
    active: int
    new: int


@dataclass
class _Revenue:
    is_previous: bool
    currency: str
    amount: int


async def overview(days: int) -> Overview:
    """The figures of the last `days` days, today included."""
    config = business_settings()
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    first = (now.astimezone(config.zone) - timedelta(days=days - 1)).date().isoformat()
    period = parse_range(first, None, config.operator_time_zone, now=now, most_days=MAX_DAYS)
    previous_from = period.since - (period.until - period.since)
    usage = await _usage(previous_from, period)
    users = await _users(previous_from, period)
    revenue = await _revenue(previous_from, period)
    by_period = [[row for row in usage if row.is_previous is previous] for previous in (False, True)]
    margins = [
        _margin(
            [row for row in revenue if row.is_previous is previous],
            sum(row.cost_micro_usd for row in by_period[previous]),
            config.usd_inr,
        )
        for previous in (False, True)
    ]
    return Overview(
        since=period.since,
        until=period.until,
        previous_from=previous_from,
        tz=period.tz,
        active_users=_figure(*(_user_count(users, previous, "active") for previous in (False, True))),
        new_users=_figure(*(_user_count(users, previous, "new") for previous in (False, True))),
        answers=_figure(*(sum(row.answers for row in rows) for rows in by_period)),
        first_token_ms_p50=_figure(*(_first_token(rows, 50) for rows in by_period)),
        first_token_ms_p95=_figure(*(_first_token(rows, 95) for rows in by_period)),
        error_share=_figure(*(_error_share(rows) for rows in by_period)),
        net_revenue=_net_revenue(revenue),
        ai_cost_micro_usd=_figure(*(sum(row.cost_micro_usd for row in rows) for rows in by_period)),
        margin_micro_usd=_figure(*margins),
        usd_inr=float(config.usd_inr),
    )


def _figure(value: float | None, previous: float | None) -> Figure:
    return Figure(value=value, previous=previous, change=_change(value, previous))


def _change(value: float | None, previous: float | None) -> float | None:
    return None if value is None or not previous else (value - previous) / abs(previous)


def _user_count(rows: list[_Users], previous: bool, name: str) -> int:
    return sum(int(getattr(row, name)) for row in rows if row.is_previous is previous)


def _first_token(rows: list[_UsageRow], percent: int) -> int | None:
    counts: Counter[int] = Counter()
    for row in rows:
        if row.first_token_bucket >= 0:
            counts[row.first_token_bucket] += row.answers
    return percentile(counts, percent)


def _error_share(rows: list[_UsageRow]) -> float | None:
    answers = sum(row.answers for row in rows)
    return sum(row.errors for row in rows) / answers if answers else None


def _net_revenue(rows: list[_Revenue]) -> list[MoneyFigure]:
    result = []
    for currency in sorted({row.currency for row in rows}):
        value, previous = (
            sum(row.amount for row in rows if row.currency == currency and row.is_previous is which)
            for which in (False, True)
        )
        change = _change(value, previous)
        result.append(MoneyFigure(currency=currency, value=value, previous=previous, change=change))
    return result


def _margin(revenue: list[_Revenue], cost_micro_usd: int, usd_inr: Decimal) -> int:
    """Micro-dollars. Prices are in rupees or dollars; money of another currency, which waits in quarantine or was
    released by an operator, is in no margin."""
    dollars = sum(
        Decimal(row.amount) / 100 / (usd_inr if row.currency == "INR" else 1)
        for row in revenue
        if row.currency in ("INR", "USD")
    )
    return round(dollars * MICRO_USD) - cost_micro_usd


async def _usage(previous_from: datetime, period: DateRange) -> list[_UsageRow]:
    return await db.as_admin(
        """
        select quarter_hour < %s as is_previous, case when purpose = 'answer' then first_token_bucket else -1 end
            as first_token_bucket,
          coalesce(sum(messages) filter (where purpose = 'answer'), 0)::bigint as answers,
          coalesce(sum(errors) filter (where purpose = 'answer'), 0)::bigint as errors,
          sum(cost_micro_usd)::bigint as cost_micro_usd
        from oneai.usage_rollups where quarter_hour >= %s and quarter_hour < %s group by 1, 2
        """,
        [period.since, previous_from, period.until],
        _UsageRow,
    )


async def _users(previous_from: datetime, period: DateRange) -> list[_Users]:
    return await db.as_admin(
        """
        select is_previous, sum(active)::bigint as active, sum(new)::bigint as new from (
          select quarter_hour < %s as is_previous, count(distinct user_id) as active, 0 as new
          from oneai.usage_rollups
          where quarter_hour >= %s and quarter_hour < %s and purpose = 'answer'
            and user_id <> '00000000-0000-0000-0000-000000000000'
          group by 1
          union all
          select created_at < %s, 0, count(*) from oneai.users
          where created_at >= %s and created_at < %s group by 1
        ) as counts group by 1
        """,
        [period.since, previous_from, period.until] * 2,
        _Users,
    )


async def _revenue(previous_from: datetime, period: DateRange) -> list[_Revenue]:
    return await db.as_admin(
        """
        select at < %s as is_previous, currency, sum(amount)::bigint as amount from (
          select p.captured_at as at, p.currency, p.amount from oneai.payments as p
          where p.captured_at >= %s and p.captured_at < %s and p.status <> 'failed'
            and (p.quarantined_at is null or p.released_at is not null)
          union all
          select r.refunded_at, p.currency, -r.amount from oneai.refunds as r
          join oneai.payments as p on p.id = r.payment_id
          where r.refunded_at >= %s and r.refunded_at < %s and r.status = 'processed'
            and (p.quarantined_at is null or p.released_at is not null)
          union all
          select d.at, p.currency, p.amount_refunded - p.amount from oneai.disputes as d
          join oneai.payments as p on p.id = d.payment_id
          where d.at >= %s and d.at < %s and d.status = 'lost'
            and (p.quarantined_at is null or p.released_at is not null)
        ) as movements group by 1, 2
        """,
        [period.since, *[previous_from, period.until] * 3],
        _Revenue,
    )
