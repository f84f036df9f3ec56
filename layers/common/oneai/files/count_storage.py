"""The job that counts what people store; what needs room counts for itself in between."""

import time
from uuid import UUID

from oneai import log
from oneai.postgres import db

# One statement looks at so many people, and counts those who wrote something since they were last counted.
BATCH = 200


async def count_storage(seconds: float) -> dict[str, int]:
    """Counts what everybody stores, for at most about so many seconds; of how many `people` something was counted.

    Restartable anywhere and harmless twice at once: a count replaces the one before. The next run counts whom this one
    did not come to, because they are still behind.
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
            log.warning("the next run has to go on counting what is stored", people=people)
            return {"people": people}
