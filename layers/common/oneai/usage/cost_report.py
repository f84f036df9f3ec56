"""The cost of models in a month, by day, model and plan, and payments; operators read it as `oneai_service`."""

from dataclasses import dataclass
from datetime import date
from typing import LiteralString

from oneai.postgres.operators import OperatorConnection, fetch_all, fetch_values


@dataclass
class Cost:
    """The number and the upstream cost of answers, by day or model."""

    name: str
    cost_micro_usd: int
    messages: int


@dataclass
class PlanMargin:
    """One plan's month; revenue in the currency's smallest unit, without a currency if nothing was paid."""

    plan_id: str
    currency: str | None
    payments: int
    revenue: int
    people: int
    cost_micro_usd: int


@dataclass
class QuotaCount:
    """How often a quota was reset, or refused a request, as `kind` says."""

    subscription_tier: str
    quota_key: str
    kind: str
    count: int


@dataclass
class CostReport:
    """A month's costs, margins and quota counts."""

    by_day: list[Cost]
    by_model: list[Cost]
    by_plan: list[PlanMargin]
    quotas: list[QuotaCount]


def current_month(connection: OperatorConnection) -> date:
    """The first day of the current month, in UTC."""
    month: date
    (month,) = fetch_values(connection, "select date_trunc('month', oneai.now() at time zone 'UTC')::date", [])
    return month


def cost_report(connection: OperatorConnection, month: date) -> CostReport:
    """The report of the month that starts on this day."""
    return CostReport(
        by_day=fetch_all(connection, BY_DAY, [month], Cost),
        by_model=fetch_all(connection, BY_MODEL, [month], Cost),
        by_plan=fetch_all(connection, BY_PLAN, [month], PlanMargin),
        quotas=fetch_all(connection, QUOTAS, [month], QuotaCount),
    )


BY_DAY: LiteralString = """
    select to_char(day, 'DD Dy') as name, sum(cost_micro_usd)::bigint as cost_micro_usd,
      coalesce(sum(messages) filter (where purpose = 'answer'), 0)::bigint as messages
    from oneai.cost_by_model_day where date_trunc('month', day)::date = %s group by day order by day
"""
BY_MODEL: LiteralString = """
    select case purpose when 'answer' then model else model || ' (' || purpose || ')' end as name,
      sum(cost_micro_usd)::bigint as cost_micro_usd, sum(messages)::bigint as messages
    from oneai.cost_by_model_day where date_trunc('month', day)::date = %s group by 1 order by 2 desc, 1
"""
BY_PLAN: LiteralString = """
    select plan_id, currency, payments, revenue, people, cost_micro_usd
    from oneai.margin_by_plan_month where month = %s order by plan_id, currency
"""
QUOTAS: LiteralString = """
    select subscription_tier, quota_key, kind, sum(count)::bigint as count from oneai.quota_stats
    where date_trunc('month', day)::date = %s group by 1, 2, 3 order by 1, 2, 3
"""
