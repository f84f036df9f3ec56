"""The job that counts users' storage; requests that need storage recount it in between."""

import time
from uuid import UUID

from oneai import log
from oneai.postgres import db

# Users per statement; only those with changes since the last count are counted.
BATCH = 200


async def count_storage(seconds: float) -> dict[str, int]:
    """Counts the storage of all users for about `seconds`; returns how many `people` were counted.

    Safe to interrupt and to run concurrently, because a count replaces the previous one. The next run counts the
    remaining users.
    """
    until = time.monotonic() + seconds
    people = 0
    last: UUID | None = None
    while True:
        last, counted = await db.call("select last, counted from oneai.count_storage_batch(%s, %s)", [last, BATCH])
        people += counted
        if last is None:
            return {"people": people}
        if time.monotonic() >= until:
            log.warning("the next run has to continue counting the storage", people=people)
            return {"people": people}
