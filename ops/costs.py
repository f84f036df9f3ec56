"""`python -m ops.costs`, which is `make costs`: the cost of models by day, model and plan, and the revenue.

Uses the database at DATABASE_URL, else that of the local stack. `MONTH=2026-11` selects another month than the current
one.
"""

import argparse
import sys
from collections.abc import Iterable
from datetime import date

from oneai.notifications import formatting
from oneai.usage.cost_report import Cost, CostReport, PlanMargin, cost_report
from ops import command
from ops.command import Connection, counted

BAR = 40
EIGHTHS = " ▏▎▍▌▋▊▉"


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or MONTH is not a month."""
    parser = argparse.ArgumentParser(
        prog="make costs",
        usage="make costs [MONTH=2026-11]",
        description="The cost of models in a month, by day, model and plan, and the revenue.",
    )
    return command.run(parser, _do, arguments)


def _do(connection: Connection, _: argparse.Namespace) -> int:
    connection.execute("set role oneai_service")
    month = command.selected_month(connection)
    if month is None:
        return 1
    print("\n".join(_lines(month, cost_report(connection, month))))
    return 0


def _lines(month: date, report: CostReport) -> Iterable[str]:
    yield f"{month:%B %Y}, upstream cost in USD"
    yield ""
    yield from chart(report.by_day)
    yield ""
    yield "By model"
    yield from chart(report.by_model)
    yield ""
    yield "By plan"
    for plan in report.by_plan:
        people = counted(plan.people, "user", "users")
        yield f"  {plan.plan_id:12} {usd(plan.cost_micro_usd):>12} for {people}; came in: {_revenue(plan)}"
    yield ""
    yield "Quotas"
    for each in report.quotas:
        yield f"  {each.subscription_tier:12} {each.quota_key:18} {counted(each.count, each.kind)}"
    if not report.quotas:
        yield "  no resets, no refusals"


def _revenue(plan: PlanMargin) -> str:
    if plan.currency is None:
        return "nothing"
    return f"{formatting.money(plan.revenue, plan.currency)} in {counted(plan.payments, 'payment')}"


def chart(costs: list[Cost]) -> Iterable[str]:
    """A bar per cost, scaled to the largest; one line of text without costs."""
    largest = max((cost.cost_micro_usd for cost in costs), default=0)
    width = max((len(cost.name) for cost in costs), default=0)
    for cost in costs:
        eighths = round(max(cost.cost_micro_usd, 0) / largest * BAR * 8) if largest > 0 else 0
        bar = "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
        yield f"  {cost.name:{width}} {usd(cost.cost_micro_usd):>12} {bar:{BAR}} {counted(cost.messages, 'answer')}"
    if not costs:
        yield "  nothing was asked"


def usd(micro: int) -> str:
    """Formats micro-dollars as dollars, with enough digits for a single answer."""
    return f"${micro / 1_000_000:,.4f}"


if __name__ == "__main__":
    sys.exit(main())
