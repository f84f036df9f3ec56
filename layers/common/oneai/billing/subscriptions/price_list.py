"""The prices that operators have set, and the payment provider's plan of each: rows of `oneai.price_list`, cached.

A changed price is shown when the cache ends at the latest. A checkout never uses a plan that is not sold any more:
oneai.start_checkout refuses it, and the list is read again.
"""

from dataclasses import dataclass
from typing import Any

from oneai.postgres.cached_rows import CachedRows


@dataclass(frozen=True)
class ListedPrice:
    """A row: `listed` is the price in the list of plans, 0 if it is not sold; `amount` the charge of the provider's
    plan `plan_ref`. Both are in paise or cents."""

    provider: str
    tier: str
    period: str
    currency: str
    listed: int
    plan_ref: str | None
    amount: int | None


def parse(rows: list[dict[str, Any]]) -> tuple[ListedPrice, ...]:
    """The rows of `oneai.read_price_list`."""
    return tuple(ListedPrice(**row) for row in rows)


_rows = CachedRows("select oneai.read_price_list()", parse)
read, reset = _rows.read, _rows.reset
