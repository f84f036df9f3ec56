"""The scheduled job that resets due quotas in small batches, so that requests do not wait for it."""

import time
from typing import get_args

from oneai import log
from oneai.plans.limits_and_prices import Frequency
from oneai.postgres import db

# Rows per transaction: a request that uses one of them waits for at most one batch.
BATCH = 500

FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency.__value__)


async def reset_due_quotas(frequency: str | None, seconds: float) -> dict[str, int]:
    """Resets all due quotas: those of `frequency` first, then those that other schedules missed.

    Returns the counts by frequency. Ends after `seconds`, and the next run continues: resets are idempotent and may be
    late. Locked rows are skipped, because the request that uses them resets them itself.
    """
    end = time.monotonic() + seconds
    counts: dict[str, int] = dict.fromkeys(sorted(FREQUENCIES, key=lambda each: each != frequency), 0)
    for each in counts:
        after: list[object] = [None, None, None]
        while True:
            count, *after = await db.call(
                "select reset_count, after_at, after_workspace, after_key from oneai.reset_due_quotas(%s, %s, "
                "%s, %s, %s)",
                [each, BATCH, *after],
                idempotent=True,
            )
            counts[each] += count
            if after[0] is None:
                break
            if time.monotonic() >= end:
                log.warning("the next run has to continue the reset", **counts)
                return counts
    return counts
