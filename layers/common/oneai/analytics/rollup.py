"""The job that adds up users and revenue by the operator's day; `oneai.usage` adds up usage."""

from typing import LiteralString

from oneai import usage
from oneai.analytics.report_settings import set_time_zone
from oneai.postgres import db

# Changes per statement, well within the role's statement timeout.
BATCH = 2_000


async def roll_up() -> dict[str, int]:
    """Adds up everything new, and returns how many changes of `accounts` and of `billing` it added up.

    Safe to interrupt and to run concurrently: every change is counted exactly once.
    """
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    counts = {
        "accounts": await _until_done("select oneai.roll_up_users(%s)"),
        "billing": await _until_done("select oneai.roll_up_revenue(%s)"),
    }
    await db.call("select oneai.mark_job('analytics', %s)", [now], idempotent=True)
    return counts


async def roll_up_first() -> None:
    """Adds up one batch of new changes. If that is all, the figures are complete as of now.

    Safe to run concurrently, also with the job.
    """
    await set_time_zone()
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    added = [
        await usage.add_up_batch(),
        await _is_last_batch("select oneai.roll_up_users(%s)"),
        await _is_last_batch("select oneai.roll_up_revenue(%s)"),
    ]
    if all(added):
        await db.call("select oneai.mark_job('analytics_first', %s)", [now], idempotent=True)


async def _is_last_batch(query: LiteralString) -> bool:
    (count,) = await db.call(query, [BATCH])
    return int(count) < BATCH


async def _until_done(query: LiteralString) -> int:
    total = 0
    while True:
        (count,) = await db.call(query, [BATCH])
        total += int(count)
        if count < BATCH:
            return total
