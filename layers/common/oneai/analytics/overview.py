"""The business at a glance: its figures now, each compared with the preceding period and with its course."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pydantic import BaseModel, Field

from oneai import settings
from oneai.analytics import overview_rows
from oneai.analytics.net_revenue import in_micro_usd
from oneai.analytics.overview_rows import OverviewDays, OverviewRows
from oneai.analytics.performance import Latency, StageFigures
from oneai.analytics.period import ReportPeriod
from oneai.analytics.report import share
from oneai.analytics.report_settings import AnalyticsSettings, operator_zone
from oneai.usage import percentile

# Longer periods have a step of a week: a course of hundreds of days is a course of its noise.
DAYS_BY_DAY = 120
WEEK = 7


class Figure(BaseModel):
    """A figure now and before. Null if it is undefined, such as a percentile without answers."""

    value: float | None = Field(description="In the period.")
    previous: float | None = Field(description="The value of the previous period.")
    change: float | None = Field(description="(value - previous) / previous; null without a previous value.")
    series: list[float | None] = Field(
        description="The figure of each step of `step_days` days, oldest first; the last step ends with the period."
    )


class MoneyFigure(Figure):
    """An amount of one currency, in its smallest unit. Currencies are never added up."""

    currency: str = Field(description="ISO 4217, such as `INR`.")


class Overview(BaseModel):
    """The answer of `GET /api/admin/overview`."""

    since: datetime = Field(serialization_alias="from", description="The start of the period (inclusive).")
    until: datetime = Field(serialization_alias="to", description="The end of the period (exclusive).")
    previous_from: datetime = Field(description="The start of the previous period, which ends at `from`.")
    tz: str = Field(description="The time zone of the days.")
    as_of: datetime = Field(
        description="Up to when the figures have everything: the time of the request, unless more than 100,000 answers "
        "wait for the job that adds them up."
    )
    step_days: int = Field(
        description="The days of each step of `series`: 1, or 7 for more than 120 days, where days before the first "
        "whole week have no step."
    )
    active_users: Figure = Field(description="Distinct users who sent a question.")
    new_users: Figure = Field(description="Users who signed up.")
    answers: Figure = Field(description="Answers, without embeddings and titles.")
    first_token_ms_p50: Figure = Field(description="Median milliseconds to the first text, accurate to 5%.")
    first_token_ms_p95: Figure = Field(description="The 95th percentile of the same.")
    slowest_stage: StageFigures | None = Field(
        description="The stage of answers with the highest 95th percentile; null without any answer."
    )
    error_share: Figure = Field(description="The share of answers that failed or were interrupted.")
    net_revenue: list[MoneyFigure] = Field(
        description="Captured payments without tax, minus refunds and lost disputes, each in the period in which it "
        "happened."
    )
    net_revenue_micro_usd: Figure = Field(
        description="Net revenue in dollars, at the rate `usd_inr`; null with revenue in a currency without a rate."
    )
    ai_cost_micro_usd: Figure = Field(description="The cost of models, including titles and embeddings.")
    margin_micro_usd: Figure = Field(description="`net_revenue_micro_usd` minus that cost.")
    usd_inr: float = Field(description="Rupees per dollar, from the settings; used only for dollars of net revenue.")


@dataclass
class _Sums:
    """The sums of a period or of a step."""

    active_users: int = 0
    new_users: int = 0
    latency: Latency = field(default_factory=Latency)
    net: Counter[str] = field(default_factory=Counter)
    cost: int = 0

    @property
    def revenue(self) -> int | None:
        return in_micro_usd(self.net)

    @property
    def margin(self) -> int | None:
        return None if self.revenue is None else self.revenue - self.cost

    @property
    def error_share(self) -> float | None:
        return share(self.latency.errors, self.latency.answers)

    def first_token(self, percent: int) -> int | None:
        return percentile(self.latency.first_token, percent)


@dataclass
class _Compared:
    """The sums of a period, of the one before it, and of the period's steps, oldest first."""

    now: _Sums
    before: _Sums
    steps: list[_Sums]

    def figure(self, of: Callable[[_Sums], float | None]) -> Figure:
        value, previous = of(self.now), of(self.before)
        change = None if value is None or not previous else round((value - previous) / abs(previous), 4)
        return Figure(value=value, previous=previous, change=change, series=[of(step) for step in self.steps])

    def money(self, currency: str) -> MoneyFigure:
        return MoneyFigure(currency=currency, **dict(self.figure(lambda sums: sums.net[currency])))


async def overview(days: int, *, until: date | None = None, days_before: int | None = None) -> Overview:
    """Returns the figures of the `days` up to `until`, by default today, beside those of the days before them, by
    default as many. They are as of now, and read in one round trip."""
    step_days = 1 if days <= DAYS_BY_DAY else WEEK
    rows = await overview_rows.read(OverviewDays(days, days_before or days, until, operator_zone().key, step_days))
    asked, tz = rows.asked, operator_zone().key
    compared = _compared(rows, days // step_days)
    return Overview(
        since=ReportPeriod(asked.since, asked.until, tz).begins_at,
        until=ReportPeriod(asked.since, asked.until, tz).ends_at,
        previous_from=ReportPeriod(asked.previous_since, asked.since, tz).begins_at,
        tz=tz,
        as_of=asked.as_of.astimezone(UTC),
        step_days=step_days,
        active_users=compared.figure(lambda sums: sums.active_users),
        new_users=compared.figure(lambda sums: sums.new_users),
        answers=compared.figure(lambda sums: sums.latency.answers),
        first_token_ms_p50=compared.figure(lambda sums: sums.first_token(50)),
        first_token_ms_p95=compared.figure(lambda sums: sums.first_token(95)),
        slowest_stage=compared.now.latency.slowest_stage(),
        error_share=compared.figure(lambda sums: sums.error_share),
        net_revenue=[compared.money(currency) for currency in sorted({*compared.now.net, *compared.before.net})],
        net_revenue_micro_usd=compared.figure(lambda sums: sums.revenue),
        ai_cost_micro_usd=compared.figure(lambda sums: sums.cost),
        margin_micro_usd=compared.figure(lambda sums: sums.margin),
        usd_inr=float(settings.read(AnalyticsSettings).usd_inr),
    )


def _compared(rows: OverviewRows, steps: int) -> _Compared:
    periods: dict[bool, _Sums] = defaultdict(_Sums)
    by_step: dict[int, _Sums] = defaultdict(_Sums)

    def parts(current: bool, step: int | None) -> Sequence[_Sums]:
        return [periods[current], *([by_step[step]] if current and step is not None else [])]

    for usage in rows.usage:
        for sums in parts(usage.current, usage.step):
            sums.latency.answers += usage.answers
            sums.latency.errors += usage.errors
            sums.cost += usage.cost_micro_usd
    for counted in rows.latency:
        for sums in parts(counted.current, counted.step):
            sums.latency.add(counted.measure, counted.bucket, counted.answers)
    for active in rows.active:
        periods[active.current].active_users += active.of_period
        if active.current:
            by_step[active.step].active_users += active.of_step
    for new in rows.new:
        for sums in parts(new.current, new.step):
            sums.new_users += new.users
    for paid in rows.money:
        for sums in parts(paid.current, paid.step):
            sums.net[paid.currency] += paid.net
    return _Compared(periods[True], periods[False], [by_step[step] for step in reversed(range(steps))])
