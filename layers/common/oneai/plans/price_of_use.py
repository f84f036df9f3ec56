"""What an answer costs in credits. Postgres computes the same (`oneai.price_of_use`, `oneai.credit_price_of`).

The prices are rows that `make credit-prices` writes, and are cached here. What an answer is charged is decided in
Postgres by the rows of its admission; these are for what is shown before.
"""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from oneai import log
from oneai.errors import OneAIError
from oneai.postgres import db, request_check

MARKUP_PERCENT = 300
MIN_MICRO_USD = 200
# A changed price is shown after this time at the latest.
FRESH_SECONDS = 300.0
RETRY_SECONDS = 30.0  # after a failure


@dataclass(frozen=True)
class UsePrice:
    """The price of models whose id fits `pattern`, where `*` is any text: their cost times `markup_percent`, and at
    least `min_micro_usd` for an answer. `agreed`: it holds for one workspace, before those of all."""

    agreed: bool
    pattern: str
    markup_percent: int
    min_micro_usd: int = MIN_MICRO_USD


_cached: tuple[UsePrice, ...] | None = None
_fresh_until = 0.0


def price_of_use(cost_micro_usd: int, markup_percent: int, min_micro_usd: int) -> int:
    """Micro-dollars of credits for a cost in micro-dollars, rounded up; never under the cost."""
    return max(min_micro_usd, -(-cost_micro_usd * markup_percent // 100))


def parts_of_use(costs: Sequence[int], markup_percent: int, min_micro_usd: int) -> list[int]:
    """The price of each of these costs, in their order; they sum to the price of all together."""
    totals = [price_of_use(total, markup_percent, min_micro_usd) for total in accumulate(costs)]
    return [after - before for before, after in pairwise([0, *totals])]


def price_for(model_id: str, prices: Iterable[UsePrice]) -> UsePrice:
    """The price of a model: the agreed one before those of all, and of these the longest pattern."""
    fitting = [each for each in prices if _fits(each.pattern, model_id)]
    usual = UsePrice(False, "*", MARKUP_PERCENT)
    return min(fitting, key=lambda each: (not each.agreed, -len(each.pattern), each.pattern), default=usual)


async def read() -> tuple[UsePrice, ...]:
    """The prices that hold for all workspaces, cached for FRESH_SECONDS. The last ones known if Postgres is
    unavailable; Busy if there are none."""
    global _cached, _fresh_until
    if _cached is not None and time.monotonic() < _fresh_until:
        return _cached
    # Other requests use what is known until this one has read.
    _fresh_until = time.monotonic() + RETRY_SECONDS
    try:
        with request_check.not_of_the_request():
            (rows,) = await db.call("select oneai.read_credit_prices(null)", [], idempotent=True)
    except OneAIError:
        if _cached is None:
            raise
        log.exception("the prices of credits could not be read")
        return _cached
    _cached, _fresh_until = tuple(UsePrice(**row) for row in rows), time.monotonic() + FRESH_SECONDS
    return _cached


def reset() -> None:
    """Empties the cache: the next call reads the database."""
    global _cached, _fresh_until
    _cached, _fresh_until = None, 0.0


def _fits(pattern: str, model_id: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), model_id, re.DOTALL) is not None
