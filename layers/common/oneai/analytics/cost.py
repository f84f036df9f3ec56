"""The cost of models and its margin: by day, week, month, model, plan, provider or purpose.

Costs are micro-dollars. Revenue is converted to micro-dollars with the setting USD_INR, because a margin needs one
currency. A model has no revenue of its own: a plan's revenue is divided among models by the units charged for each.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field

from oneai import settings
from oneai.analytics.net_revenue import RevenueRow, in_micro_usd, net_by_currency, revenue_rows
from oneai.analytics.period import ReportPeriod, label
from oneai.analytics.report import Report, share
from oneai.analytics.report_settings import AnalyticsSettings
from oneai.analytics.suggestions import Suggestion, suggestions
from oneai.postgres import db

type CostGroup = Literal["day", "week", "month", "model", "plan", "provider", "purpose"]


class CostFigures(BaseModel):
    """Cost and margin in micro-dollars. Null if a part has no revenue, or revenue in a currency without a rate."""

    requests: int = Field(description="Answers, embeddings and titles.")
    answers: int = Field(description="Answers alone.")
    prompt_tokens: int = Field(description="Tokens of prompts.")
    completion_tokens: int = Field(description="Tokens of answers, including reasoning.")
    cost_micro_usd: int = Field(description="The providers' charges.")
    cost_share: float | None = Field(description="The share of the period's cost.")
    cost_per_answer_micro_usd: int | None = Field(description="The average cost of an answer.")
    revenue_micro_usd: int | None = Field(default=None, description="Net revenue, in dollars.")
    margin_micro_usd: int | None = Field(default=None, description="Net revenue minus cost.")
    margin_share: float | None = Field(default=None, description="The margin's share of net revenue.")


class CurrencyAmount(BaseModel):
    """An amount in one currency."""

    currency: str = Field(description="The currency, `INR`.")
    amount: int = Field(description="In the currency's smallest unit.")


class CostAnalyticsTotals(CostFigures):
    """The figures of the whole period."""

    net_revenue: list[CurrencyAmount] = Field(description="The revenue by currency, unconverted.")
    usd_inr: Decimal = Field(description="The rate used: rupees per dollar.")


class CostAnalyticsItem(CostFigures):
    """One day, week, month, model, plan, provider or purpose."""

    day: date | None = Field(default=None, description="The day; with `group_by=day` only.")
    week: date | None = Field(
        default=None, description="The Monday on which the week starts; with `group_by=week` only."
    )
    month: str | None = Field(default=None, description="The month, `2026-11`; with `group_by=month` only.")
    model: str | None = Field(default=None, description="The model; with `group_by=model` only.")
    plan: str | None = Field(default=None, description="The plan; with `group_by=plan` only.")
    provider: str | None = Field(default=None, description="The provider of the model; only with `group_by=provider`.")
    purpose: str | None = Field(
        default=None,
        description="answer, conversation_summary, document_embedding, document_pages (beyond a plan's month, which "
        "credits pay), embedding, page_reading, rewriting, summary or title; with `group_by=purpose` only.",
    )


class CostAnalytics(Report):
    """Cost and margin of a period."""

    totals: CostAnalyticsTotals = Field(description="The sums.")
    items: list[CostAnalyticsItem] = Field(description="The figures by `group_by`, most expensive first.")
    suggestions: list[Suggestion] = Field(description="Models that cost more than equally rated ones.")


@dataclass
class CostRow:
    """The sums of one part and plan."""

    part: str
    plan: str
    requests: int
    answers: int
    charged: int
    prompt_tokens: int
    completion_tokens: int
    cost_micro_usd: int
    answer_cost_micro_usd: int


async def cost_analytics(period: ReportPeriod, group_by: CostGroup = "day") -> CostAnalytics:
    """Returns cost and margin in the period, from the daily totals."""
    rows, paid = await cost_rows(period, group_by), await revenue_rows(period)
    net = net_by_currency(paid)
    cost = sum(row.cost_micro_usd for row in rows)
    totals = CostAnalyticsTotals.model_validate(
        _figures(rows, cost, in_micro_usd(net))
        | {
            "net_revenue": [CurrencyAmount(currency=currency, amount=amount) for currency, amount in net.items()],
            "usd_inr": settings.read(AnalyticsSettings).usd_inr,
        }
    )
    revenue = _revenue(group_by, rows, paid)
    parts: dict[str, list[CostRow]] = defaultdict(list)
    for row in rows:
        parts[row.part].append(row)
    names = period.labels(group_by) if group_by in ("day", "week", "month") else {*parts, *(revenue or {})}
    items = [
        CostAnalyticsItem.model_validate(
            _figures(parts.get(name, []), cost, None if revenue is None else revenue.get(name, 0)) | {group_by: name}
        )
        for name in names
    ]
    if group_by not in ("day", "week", "month"):
        items.sort(key=lambda item: (-item.cost_micro_usd, str(getattr(item, group_by))))
    return await CostAnalytics.of(period, totals=totals, items=items, suggestions=await suggestions(period))


def _revenue(group_by: CostGroup, rows: list[CostRow], paid: list[RevenueRow]) -> dict[str, int | None] | None:
    """The net revenue of each part in micro-dollars; None if parts have no revenue."""
    match group_by:
        case "provider" | "purpose":
            return None
        case "model":
            return _revenue_by_model(rows, _converted(paid, lambda row: row.plan_id))
        case "plan":
            return _converted(paid, lambda row: row.plan_id)
        case _:
            return _converted(paid, lambda row: label(row.day, group_by))


def _converted(paid: list[RevenueRow], part: Callable[[RevenueRow], str]) -> dict[str, int | None]:
    parts: dict[str, list[RevenueRow]] = defaultdict(list)
    for row in paid:
        parts[part(row)].append(row)
    return {name: in_micro_usd(net_by_currency(rows)) for name, rows in parts.items()}


def _revenue_by_model(rows: list[CostRow], by_plan: dict[str, int | None]) -> dict[str, int | None]:
    """Divides each plan's revenue among models by the units charged for them. A plan without usage is left out. A model
    of a plan whose revenue cannot be converted has no revenue."""
    charged: Counter[str] = Counter()
    for row in rows:
        charged[row.plan] += row.charged
    revenue: dict[str, int | None] = {}
    for row in rows:
        of_plan, own = by_plan.get(row.plan, 0), revenue.get(row.part, 0)
        part = None if of_plan is None else round(of_plan * row.charged / charged[row.plan]) if charged[row.plan] else 0
        revenue[row.part] = None if part is None or own is None else own + part
    return revenue


def _figures(rows: list[CostRow], all_cost: int, revenue: int | None) -> dict[str, Any]:
    cost, answers = sum(row.cost_micro_usd for row in rows), sum(row.answers for row in rows)
    answer_cost = sum(row.answer_cost_micro_usd for row in rows)
    return {
        "requests": sum(row.requests for row in rows),
        "answers": answers,
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "completion_tokens": sum(row.completion_tokens for row in rows),
        "cost_micro_usd": cost,
        "cost_share": share(cost, all_cost),
        "cost_per_answer_micro_usd": round(answer_cost / answers) if answers else None,
        "revenue_micro_usd": revenue,
        "margin_micro_usd": None if revenue is None else revenue - cost,
        "margin_share": None if revenue is None else share(revenue - cost, revenue),
    }


async def cost_rows(period: ReportPeriod, group_by: CostGroup) -> list[CostRow]:
    """The sums of each part by plan. A correction of a cost counts as part of the corrected cost."""
    return await db.as_service(
        """
        select case %s when 'day' then day::text when 'week' then date_trunc('week', day)::date::text
            when 'month' then to_char(day, 'YYYY-MM') when 'model' then model when 'provider' then provider
            when 'purpose' then purpose else subscription_tier end as part, subscription_tier as plan,
          sum(requests)::bigint as requests,
          coalesce(sum(requests) filter (where purpose = 'answer'), 0)::bigint as answers,
          sum(charged)::bigint as charged, sum(prompt_tokens)::bigint as prompt_tokens,
          sum(completion_tokens)::bigint as completion_tokens, sum(cost_micro_usd)::bigint as cost_micro_usd,
          coalesce(sum(cost_micro_usd) filter (where purpose = 'answer'), 0)::bigint as answer_cost_micro_usd
        from oneai.daily_usage_now where day between %s and %s group by 1, 2
        """,
        [group_by, period.since, period.until],
        CostRow,
    )
