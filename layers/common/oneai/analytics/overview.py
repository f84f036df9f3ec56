"""The business at a glance: eight figures, each compared with the preceding period of the same length."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

from oneai import settings
from oneai.analytics import activity
from oneai.analytics.cost import cost_rows
from oneai.analytics.net_revenue import in_micro_usd, net_by_currency, revenue_rows
from oneai.analytics.performance import Latency, StageFigures, latency_by
from oneai.analytics.period import ReportPeriod
from oneai.analytics.report import rolled_up_until, share
from oneai.analytics.report_settings import AnalyticsSettings
from oneai.usage import percentile


class Figure(BaseModel):
    """A figure now and before. Null if it is undefined, such as a percentile without answers."""

    value: float | None = Field(description="In the period.")
    previous: float | None = Field(description="The value of the previous period.")
    change: float | None = Field(description="(value - previous) / previous; null without a previous value.")


class MoneyFigure(Figure):
    """An amount of one currency, in its smallest unit. Currencies are never added up."""

    currency: str = Field(description="ISO 4217, such as `INR`.")


class Overview(BaseModel):
    """The answer of `GET /api/admin/overview`."""

    since: datetime = Field(serialization_alias="from", description="The start of the period (inclusive).")
    until: datetime = Field(serialization_alias="to", description="The end of the period (exclusive).")
    previous_from: datetime = Field(description="The start of the previous period, which ends at `from`.")
    tz: str = Field(description="The time zone of the days.")
    as_of: datetime | None = Field(
        description="When the daily totals were last updated. A job updates them every hour; before its first run, "
        "each report does."
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
    ai_cost_micro_usd: Figure = Field(description="The cost of models, including titles and embeddings.")
    margin_micro_usd: Figure = Field(description="Net revenue in dollars, at the rate `usd_inr`, minus that cost.")
    usd_inr: float = Field(description="Rupees per dollar, from the settings; used only for `margin_micro_usd`.")


@dataclass
class _Figures:
    active_users: int
    new_users: int
    latency: Latency
    net: dict[str, int]
    cost: int

    @property
    def margin(self) -> int | None:
        revenue = in_micro_usd(self.net)
        return None if revenue is None else revenue - self.cost


async def overview(period: ReportPeriod, before_period: ReportPeriod | None = None) -> Overview:
    """Returns the figures of the period and of the previous one, by default of the same length, from daily totals."""
    before_period = before_period or period.before()
    now, before = await _figures(period), await _figures(before_period)
    median, p95 = [
        _compared(percentile(now.latency.first_token, percent), percentile(before.latency.first_token, percent))
        for percent in (50, 95)
    ]
    errors = [share(each.latency.errors, each.latency.answers) for each in (now, before)]
    return Overview(
        since=period.begins_at,
        until=period.ends_at,
        previous_from=before_period.begins_at,
        tz=period.tz,
        as_of=await rolled_up_until(),
        active_users=_compared(now.active_users, before.active_users),
        new_users=_compared(now.new_users, before.new_users),
        answers=_compared(now.latency.answers, before.latency.answers),
        first_token_ms_p50=median,
        first_token_ms_p95=p95,
        slowest_stage=now.latency.slowest_stage(),
        error_share=_compared(*errors),
        net_revenue=[
            MoneyFigure(currency=currency, **dict(_compared(now.net.get(currency, 0), before.net.get(currency, 0))))
            for currency in sorted({*now.net, *before.net})
        ],
        ai_cost_micro_usd=_compared(now.cost, before.cost),
        margin_micro_usd=_compared(now.margin, before.margin),
        usd_inr=float(settings.read(AnalyticsSettings).usd_inr),
    )


async def _figures(period: ReportPeriod) -> _Figures:
    return _Figures(
        await activity.active_users(period),
        await activity.new_users(period),
        (await latency_by(period, None)).get("", Latency()),
        net_by_currency(await revenue_rows(period)),
        sum(row.cost_micro_usd for row in await cost_rows(period, "plan")),
    )


def _compared(value: float | None, previous: float | None) -> Figure:
    change = None if value is None or not previous else round((value - previous) / abs(previous), 4)
    return Figure(value=value, previous=previous, change=change)
