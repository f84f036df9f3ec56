"""The rows of the overview: two periods and the steps of the later one, read in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString

from oneai.postgres import db
from oneai.postgres.db import Query


@dataclass(frozen=True)
class OverviewDays:
    """`days` up to the day `until`, by default today in the zone `tz`, compared with the `days_before` before them.

    Figures are also by steps of `step_days`, which are counted back from the last day: step 0 ends with it.
    """

    days: int
    days_before: int
    until: date | None
    tz: str
    step_days: int


@dataclass
class AskedDays:
    """The days of the two periods, and up to when their figures have everything."""

    previous_since: date
    since: date
    until: date
    as_of: datetime


@dataclass
class UsageStep:
    """Answers, their errors, and the cost of models in a step of the period, or of the one before it."""

    current: bool
    step: int
    answers: int
    errors: int
    cost_micro_usd: int


@dataclass
class LatencyCount:
    """A bucket of a histogram. Only times to the first token in the period itself are by step."""

    current: bool
    measure: str
    step: int | None
    bucket: int
    answers: int


@dataclass
class ActiveStep:
    """Users who were active in a step, `of_step`, and those whose first active day in the period is in it."""

    current: bool
    step: int
    of_period: int
    of_step: int


@dataclass
class NewStep:
    """Users who signed up in a step."""

    current: bool
    step: int
    users: int


@dataclass
class MoneyStep:
    """The net revenue of a step in one currency, in its smallest unit."""

    current: bool
    step: int
    currency: str
    net: int


@dataclass
class OverviewRows:
    """All rows of an overview."""

    asked: AskedDays
    usage: list[UsageStep]
    latency: list[LatencyCount]
    active: list[ActiveStep]
    new: list[NewStep]
    money: list[MoneyStep]


async def read(days: OverviewDays) -> OverviewRows:
    """Reads the daily sums as they are now, in one round trip."""
    asked = [days.days, days.days_before, days.until, days.tz, days.step_days]
    (found,), *rows = await db.read_all_as_service(*(Query(text, asked, row) for text, row in _STATEMENTS))
    return OverviewRows(found, *rows)


# Each computes the days itself, because only Postgres knows what day it is.
_STATEMENTS: Sequence[tuple[LiteralString, type[Any]]] = (
    (
        """
        select previous_since, since, until, oneai.sums_as_of() as as_of from oneai.compared_days(%s, %s, %s, %s, %s)
        """,
        AskedDays,
    ),
    (
        """
        with asked as materialized (select * from oneai.compared_days(%s, %s, %s, %s, %s))
        select u.day >= d.since as current, (d.until - u.day) / d.step_days as step,
          coalesce(sum(u.requests) filter (where u.purpose = 'answer'), 0)::bigint as answers,
          coalesce(sum(u.truncated + u.failed) filter (where u.purpose = 'answer'), 0)::bigint as errors,
          sum(u.cost_micro_usd)::bigint as cost_micro_usd
        from oneai.daily_usage_now as u cross join asked as d
        where u.day between (select previous_since from asked) and (select until from asked)
        group by 1, 2
        """,
        UsageStep,
    ),
    (
        """
        with asked as materialized (select * from oneai.compared_days(%s, %s, %s, %s, %s))
        select u.day >= d.since as current, u.measure,
          case when u.measure = 'first_token' and u.day >= d.since then (d.until - u.day) / d.step_days end as step,
          u.bucket, sum(u.answers)::bigint as answers
        from oneai.daily_latency_now as u cross join asked as d
        where u.day between (select previous_since from asked) and (select until from asked)
        group by 1, 2, 3, 4
        """,
        LatencyCount,
    ),
    (
        # A user's first day in a period, or in a step, has a previous day before it.
        """
        with asked as materialized (select * from oneai.compared_days(%s, %s, %s, %s, %s))
        select u.day >= d.since as current, s.step,
          coalesce(sum(u.users) filter (
            where u.previous_day < case when u.day >= d.since then d.since else d.previous_since end), 0)::bigint
            as of_period,
          coalesce(sum(u.users) filter (
            where u.previous_day <= d.until - (s.step + 1) * d.step_days), 0)::bigint as of_step
        from oneai.daily_active_users_now as u cross join asked as d
        cross join lateral (select (d.until - u.day) / d.step_days as step) as s
        where u.day between (select previous_since from asked) and (select until from asked)
        group by 1, 2
        """,
        ActiveStep,
    ),
    (
        """
        with asked as materialized (select * from oneai.compared_days(%s, %s, %s, %s, %s))
        select u.day >= d.since as current, (d.until - u.day) / d.step_days as step,
          sum(u.signed_up)::bigint as users
        from oneai.daily_users_now as u cross join asked as d
        where u.day between (select previous_since from asked) and (select until from asked)
        group by 1, 2
        """,
        NewStep,
    ),
    (
        """
        with asked as materialized (select * from oneai.compared_days(%s, %s, %s, %s, %s))
        select u.day >= d.since as current, (d.until - u.day) / d.step_days as step, u.currency,
          sum(u.gross - u.tax - u.refunded - u.disputed)::bigint as net
        from oneai.daily_revenue_now as u cross join asked as d
        where u.day between (select previous_since from asked) and (select until from asked)
        group by 1, 2, 3
        having (sum(u.payments), sum(u.refunds), sum(u.disputes), sum(u.failed_payments)) <> (0, 0, 0, 0)
        """,
        MoneyStep,
    ),
)
