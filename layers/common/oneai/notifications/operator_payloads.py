"""The mail to operators, and the fields of its `data`."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class OperatorAlert:
    """Alerts since the previous mail: the kind, the count, and the newest as `{subject, count, detail}`."""

    alert: str
    times: int
    newest: list[dict[str, Any]]


@dataclass(frozen=True)
class BusinessReport:
    """The business in `month` (`2026-11`), for operators. Each of `figures` is `{name, value, change}`: `value` is in
    the unit of the name, `change` is relative to the month before, or None. `currencies` are `{currency, mrr,
    net_revenue, customers, new_customers, churned_customers}`, `providers` `{payment_provider, currency, payments,
    net_revenue, fees, payments_with_fee}`; `suggestions` are sentences."""

    month: str
    figures: list[dict[str, Any]]
    currencies: list[dict[str, Any]]
    suggestions: list[str]
    providers: list[dict[str, Any]] = field(default_factory=list)
