"""The mails to operators, only in English: alerts, and the monthly business report."""

import json
from typing import Any

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent
from oneai.notifications.operator_payloads import BusinessReport, OperatorAlert

LANGUAGE = "en"
# The figures of a report, in order.
FIGURES = {
    "active_users": "Active users",
    "new_users": "New users",
    "answers": "Answers",
    "first_token_ms_p50": "First token, median",
    "first_token_ms_p95": "First token, 95th percentile",
    "error_share": "Errors",
    "ai_cost_micro_usd": "Cost of models",
    "margin_micro_usd": "Margin",
    "credits_sold_micro_usd": "Credits sold",
    "credits_used_micro_usd": "Credits used",
    "credits_expired_micro_usd": "Credits that ended unused",
    "credits_left_micro_usd": "Credits left with workspaces",
}


def write(about: OperatorAlert | BusinessReport, site: str) -> EmailContent:
    """The mail to the operators of the product `site`."""
    return operator_alert(about, site) if isinstance(about, OperatorAlert) else business_report(about, site)


def operator_alert(about: OperatorAlert, site: str) -> EmailContent:
    """Alerts since the previous mail."""
    newest = tuple((str(each["subject"]), f"{_times(each['count'])}{_detail(each['detail'])}") for each in about.newest)
    return EmailContent(
        language=LANGUAGE,
        subject=f"[{site}] {about.alert}: {about.times}",
        heading=about.alert,
        paragraphs=(
            f"This was reported {_times(about.times)} since the last email about it. docs/operations/alarms.md says "
            "what it means and what to do. `make alerts` lists all open alerts.",
        ),
        details=newest,
    )


def business_report(about: BusinessReport, site: str) -> EmailContent:
    """The business report of a month."""
    when = formatting.month(LANGUAGE, about.month)
    figures = {each["name"]: each for each in about.figures}
    return EmailContent(
        language=LANGUAGE,
        subject=f"[{site}] The business in {when}",
        heading=f"{site} in {when}",
        paragraphs=(
            "These are the figures of the month, each with its change from the month before. "
            "docs/operations/figures.md defines them.",
            *about.suggestions,
        ),
        details=(
            *((name, _figure(key, figures[key])) for key, name in FIGURES.items() if key in figures),
            *(detail for each in about.currencies for detail in _currency(each)),
            *map(_provider, about.providers),
        ),
    )


def _figure(key: str, figure: dict[str, Any]) -> str:
    value, change = figure["value"], figure["change"]
    if value is None:
        return "none"
    return _value(key, value) + ("" if change is None else f" ({change:+.1%})")


def _value(key: str, value: float) -> str:
    if key.endswith("_micro_usd"):
        return formatting.dollars(int(value))
    if key.endswith("_share"):
        return f"{value:.2%}"
    count = formatting.count(LANGUAGE, int(value))
    return f"{count} ms" if "_ms_" in key else count


def _currency(each: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    currency = each["currency"]
    came, left = each["new_customers"], each["churned_customers"]
    return (
        (f"Net revenue, {currency}", formatting.money(each["net_revenue"], currency)),
        (f"Monthly recurring revenue, {currency}", formatting.money(each["mrr"], currency)),
        (f"Customers, {currency}", f"{formatting.count(LANGUAGE, each['customers'])} (+{came}, -{left})"),
    )


def _provider(each: dict[str, Any]) -> tuple[str, str]:
    """What a payment provider received in a currency, and its fees as far as it reports them."""
    currency, payments, known = each["currency"], each["payments"], each["payments_with_fee"]
    fees = f"fees {formatting.money(each['fees'], currency)}" if known else "fees unknown"
    if 0 < known < payments:
        fees += f" of {formatting.count(LANGUAGE, known)} of them"
    taken = formatting.money(each["net_revenue"], currency)
    return (
        f"{each['payment_provider']}, {currency}",
        f"{taken} in {formatting.count(LANGUAGE, payments)} payments, {fees}",
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _detail(detail: dict[str, Any]) -> str:
    """`; status: lost, amount: 79900`, or nothing."""
    parts = [f"{name}: {json.dumps(value, ensure_ascii=False).strip('"')}" for name, value in detail.items()]
    return f"; {', '.join(parts)}" if parts else ""
