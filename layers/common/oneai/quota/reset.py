"""The schedule that opens the windows of quotas, a batch at a time, so that nobody's request ever waits for it."""

import time
from typing import get_args

from oneai import log
from oneai.plans.catalog import Frequency
from oneai.postgres import db

# Each batch is a statement and a transaction of its own: so long may somebody wait who is just using one of its rows.
BATCH = 500

FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency.__value__)


async def reset_due_quotas(frequency: str | None, seconds: float) -> dict[str, int]:
    """Opens every window that is due, those of `frequency` first and then what other schedules missed.

    Returns how many by frequency. Ends after `seconds`, and the next run goes on: what is done is done, and doing it
    twice or late changes nothing. A row that is just being used is passed over; use opens its window.
    """
    end = time.monotonic() + seconds
    counts: dict[str, int] = dict.fromkeys(sorted(FREQUENCIES, key=lambda each: each != frequency), 0)
    for each in counts:
        after: list[object] = [None, None, None]
        while True:
            count, *after = await db.call(
                "select reset_count, after_at, after_user, after_key from oneai.reset_due_quotas(%s, %s, %s, %s, %s)",
                [each, BATCH, *after],
                idempotent=True,
            )
            counts[each] += count
            if after[0] is None:
                break
            if time.monotonic() >= end:
                log.warning("the next run has to go on with the reset", **counts)
                return counts
    return counts
