"""`python -m ops.costs`, which is `make costs`: what the models cost, whom, and what is left of what came in.

Looks at DATABASE_URL, else at the stack that runs here. `MONTH=2026-11` for another month than the running one.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import LiteralString

from psycopg.rows import class_row

from oneai.notifications import formatting
from ops import command
from ops.command import Connection, counted

BAR = 40
EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass
class Cost:
    """One line of a chart: micro-dollars, and how many answers they were for."""

    name: str
    cost_micro_usd: int
    messages: int


@dataclass
class Margin:
    """One plan's month; revenue in the currency's smallest unit."""

    plan_id: str
    currency: str | None
    payments: int
    revenue: int
    people: int
    cost_micro_usd: int


@dataclass
class Count:
    """How often a quota was reset or refused something."""

    subscription_tier: str
    quota_key: str
    kind: str
    count: int


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database could not be asked, or MONTH is none."""
    parser = argparse.ArgumentParser(
        prog="make costs",
        usage="make costs [MONTH=2026-11]",
        description="What the models cost in a month, by day, model and plan, and what came in.",
    )
    return command.run(parser, _do, arguments)


def _do(connection: Connection, _: argparse.Namespace) -> int:
    connection.execute("set role oneai_service")
    month = _month(connection, os.environ.get("MONTH"))
    if month is None:
        print("MONTH is a year and a month, such as 2026-11.", file=sys.stderr)
        return 1
    print("\n".join(_pages(connection, month)))
    return 0


def _month(connection: Connection, wanted: str | None) -> date | None:
    if wanted:
        try:
            return date.fromisoformat(f"{wanted}-01")
        except ValueError:
            return None
    row = connection.execute("select date_trunc('month', oneai.now() at time zone 'UTC')::date as month").fetchone()
    return row["month"] if row else None


def _pages(connection: Connection, month: date) -> Iterable[str]:
    days = _select(connection, Cost, BY_DAY, month)
    yield f"{month:%B %Y}, upstream cost in USD"
    yield ""
    yield from chart(days)
    yield ""
    yield "By model"
    yield from chart(_select(connection, Cost, BY_MODEL, month))
    yield ""
    yield "By plan"
    for plan in _select(connection, Margin, BY_PLAN, month):
        people = counted(plan.people, "person", "people")
        yield f"  {plan.plan_id:12} {usd(plan.cost_micro_usd):>12} for {people}; came in: {_came_in(plan)}"
    yield ""
    yield "Quotas"
    counts = _select(connection, Count, COUNTS, month)
    for each in counts:
        yield f"  {each.subscription_tier:12} {each.quota_key:18} {counted(each.count, each.kind)}"
    if not counts:
        yield "  no resets, no refusals"


def _came_in(plan: Margin) -> str:
    if plan.currency is None:
        return "nothing"
    return f"{formatting.money(plan.revenue, plan.currency)} in {counted(plan.payments, 'payment')}"


def chart(costs: list[Cost]) -> Iterable[str]:
    """A bar for each, the longest as wide as the chart; a line in their stead where there is nothing."""
    most = max((cost.cost_micro_usd for cost in costs), default=0)
    width = max((len(cost.name) for cost in costs), default=0)
    for cost in costs:
        eighths = round(max(cost.cost_micro_usd, 0) / most * BAR * 8) if most > 0 else 0
        bar = "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
        yield f"  {cost.name:{width}} {usd(cost.cost_micro_usd):>12} {bar:{BAR}} {counted(cost.messages, 'answer')}"
    if not costs:
        yield "  nothing was asked"


def usd(micro: int) -> str:
    """Micro-dollars as dollars, with as many digits as a single answer needs."""
    return f"${micro / 1_000_000:,.4f}"


def _select[T](connection: Connection, kind: type[T], query: LiteralString, month: date) -> list[T]:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query, [month]).fetchall()


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
COUNTS: LiteralString = """
    select subscription_tier, quota_key, kind, sum(count)::bigint as count from oneai.quota_stats
    where date_trunc('month', day)::date = %s group by 1, 2, 3 order by 1, 2, 3
"""


if __name__ == "__main__":
    sys.exit(main())
