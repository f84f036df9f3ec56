"""Forecasts usage at the end of the calendar month, with a prediction interval."""

from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt
from statistics import fmean, stdev

from pydantic import BaseModel, Field

from oneai.postgres import db
from oneai.postgres.db import Principal

# Past days that determine the rate, without today.
PAST_DAYS = 14
# 80 % of a normal distribution lies within this many standard deviations of its mean.
DEVIATIONS = 1.2816
METHOD = (
    "The mean of the last 14 full days (UTC), or of those since the first use, times the remaining days including the "
    "rest of today, plus the usage so far."
)
INTERVAL = "80 %: 1.28 standard deviations of the daily figures times the square root of the remaining days."


class Estimate(BaseModel):
    """A figure at the end of the month."""

    so_far: int = Field(description="The usage so far.")
    expected: int = Field(description="The estimate for the whole month.")
    low: int = Field(description="The lower end of the interval.")
    high: int = Field(description="The upper end of the interval.")


class Forecast(BaseModel):
    """The calendar month in UTC, in which monthly quotas run."""

    since: datetime = Field(serialization_alias="from", description="The start of the calendar month in UTC.")
    until: datetime = Field(serialization_alias="to", description="The end of the month (exclusive).")
    days: int = Field(description="How many full days the rate rests on; below three the forecast means little.")
    messages: Estimate = Field(description="Answers, including failed ones; nothing else is counted.")
    cost_micro_usd: Estimate = Field(description="Cost in micro-dollars.")
    method: str = Field(default=METHOD, description="The method of the estimate.")
    interval: str = Field(default=INTERVAL, description="The meaning of the interval.")


@dataclass
class _Day:
    day: date
    messages: int
    cost_micro_usd: int


@dataclass
class _Month:
    now: datetime
    since: datetime
    until: datetime
    messages: int
    cost_micro_usd: int


async def forecast(principal: Principal) -> Forecast:
    """Returns the forecast for the current month, by the database's clock."""
    (month,) = await _so_far(principal)
    days = await _past_days(principal)
    days_left = (month.until - month.now).total_seconds() / 86_400
    return Forecast(
        since=month.since,
        until=month.until,
        days=len(days),
        messages=estimate(month.messages, [day.messages for day in days], days_left),
        cost_micro_usd=estimate(month.cost_micro_usd, [day.cost_micro_usd for day in days], days_left),
    )


def estimate(so_far: int, daily: list[int], days_left: float) -> Estimate:
    """The total after `days_left` more days like those of `daily`; never less than `so_far`."""
    rate = fmean(daily) if daily else 0.0
    spread = DEVIATIONS * stdev(daily) * sqrt(days_left) if len(daily) > 1 else 0.0
    total = so_far + rate * days_left
    return Estimate(
        so_far=so_far,
        expected=round(total),
        low=max(round(total - spread), so_far),
        high=max(round(total + spread), so_far),
    )


async def _so_far(principal: Principal) -> list[_Month]:
    return await db.read_as(
        principal,
        """
        select m.now, m.since, m.until, coalesce(sum(u.messages), 0)::bigint as messages,
          coalesce(sum(u.cost_micro_usd), 0)::bigint as cost_micro_usd
        from (
          select oneai.now() as now, date_trunc('month', oneai.now(), 'UTC') as since,
            date_trunc('month', oneai.now(), 'UTC') + interval '1 month' as until
        ) as m
        left join lateral (
          select case q.purpose when 'answer' then q.messages else 0 end as messages, q.cost_micro_usd
          from oneai.usage_rollups as q
          where q.workspace_id = %s and q.quarter_hour >= m.since
            and (q.paid_by <> 'plan' or not oneai.is_paid_by_operator(q.purpose))
          union all
          select (e.purpose = 'answer')::integer, e.cost_micro_usd from oneai.usage_events as e
          where e.workspace_id = %s and not e.rolled_up and e.created_at >= m.since
            and (e.paid_by <> 'plan' or not oneai.is_paid_by_operator(e.purpose))
        ) as u on true
        group by m.now, m.since, m.until
        """,
        [principal.workspace_id] * 2,
        _Month,
    )


async def _past_days(principal: Principal) -> list[_Day]:
    """The last full days from the first use on; days without use are zero."""
    return await db.read_as(
        principal,
        """
        with used as (
          select (u.at at time zone 'UTC')::date as day, sum(u.messages)::bigint as messages,
            sum(u.cost)::bigint as cost
          from (
            select q.quarter_hour as at, case q.purpose when 'answer' then q.messages else 0 end as messages,
              q.cost_micro_usd as cost
            from oneai.usage_rollups as q
            where q.workspace_id = %s and (q.paid_by <> 'plan' or not oneai.is_paid_by_operator(q.purpose))
              and q.quarter_hour >= date_trunc('day', oneai.now(), 'UTC') - make_interval(days => %s)
            union all
            select e.created_at, (e.purpose = 'answer')::integer, e.cost_micro_usd from oneai.usage_events as e
            where e.workspace_id = %s and not e.rolled_up
              and (e.paid_by <> 'plan' or not oneai.is_paid_by_operator(e.purpose))
              and e.created_at >= date_trunc('day', oneai.now(), 'UTC') - make_interval(days => %s)
          ) as u
          where u.at < date_trunc('day', oneai.now(), 'UTC')
          group by 1
        )
        select d::date as day, coalesce(used.messages, 0) as messages, coalesce(used.cost, 0) as cost_micro_usd
        from generate_series(
          (select min(day) from used), (oneai.now() at time zone 'UTC')::date - 1, interval '1 day') as d
        left join used on used.day = d::date order by 1
        """,
        [principal.workspace_id, PAST_DAYS, principal.workspace_id, PAST_DAYS],
        _Day,
    )
