"""The prices that operators have set, and the payment provider's plan of each: rows of `oneai.price_list`, cached."""

import time
from dataclasses import dataclass
from typing import Any

from oneai import log
from oneai.errors import OneAIError
from oneai.postgres import db, request_check

# A changed price is shown after this time at the latest. A checkout never uses a plan that is not sold any more:
# oneai.start_checkout refuses it, and the list is read again.
FRESH_SECONDS = 300.0
RETRY_SECONDS = 30.0  # after a failure


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


_cached: tuple[ListedPrice, ...] | None = None
_fresh_until = 0.0


async def read() -> tuple[ListedPrice, ...]:
    """Every row, cached for FRESH_SECONDS. The last rows known if Postgres is unavailable; Busy if there are none."""
    global _cached, _fresh_until
    if _cached is not None and time.monotonic() < _fresh_until:
        return _cached
    # Other requests use what is known until this one has read.
    _fresh_until = time.monotonic() + RETRY_SECONDS
    try:
        with request_check.not_of_the_request():
            (rows,) = await db.call("select oneai.read_price_list()", [], idempotent=True)
    except OneAIError:
        if _cached is None:
            raise
        log.exception("the price list could not be read")
        return _cached
    _cached, _fresh_until = parse(rows), time.monotonic() + FRESH_SECONDS
    return _cached


def parse(rows: list[dict[str, Any]]) -> tuple[ListedPrice, ...]:
    """The rows of `oneai.read_price_list`."""
    return tuple(ListedPrice(**row) for row in rows)


def reset() -> None:
    """Empties the cache: the next call reads the database."""
    global _cached, _fresh_until
    _cached, _fresh_until = None, 0.0
