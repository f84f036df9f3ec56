"""The job that adds up users and revenue by the operator's day; `oneai.usage` adds up usage."""

from typing import LiteralString

from oneai.postgres import db

# Changes per statement, well within the role's statement timeout.
BATCH = 2_000


async def roll_up() -> dict[str, int]:
    """Adds up everything new, and returns how many changes of `accounts` and of `billing` it added up.

    Safe to interrupt and to run concurrently: every change is counted exactly once.
    """
    return {
        "accounts": await _until_done("select oneai.roll_up_users(%s)"),
        "billing": await _until_done("select oneai.roll_up_revenue(%s)"),
    }


async def _until_done(query: LiteralString) -> int:
    total = 0
    while True:
        (count,) = await db.call(query, [BATCH])
        total += int(count)
        if count < BATCH:
            return total
