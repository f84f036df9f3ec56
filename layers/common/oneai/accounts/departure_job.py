"""The job that erases the private conversations of former members of teams when their days are over, in batches.

Every step can be repeated, so a run may stop at any point. A departure remains until its conversations are erased;
after a failed attempt the job claims it again half an hour later. One failure does not stop the others.
"""

import time
from uuid import UUID

from oneai import alerts, log
from oneai.accounts import closing
from oneai.postgres import db


async def erase_due_departures(seconds: float) -> dict[str, int]:
    """Erases due departures and starts no new one after `seconds`. Returns the counts by outcome."""
    until = time.monotonic() + seconds
    counts = {"deleted": 0, "failed": 0}
    while time.monotonic() < until:
        (departure_id,) = await db.call("select oneai.claim_departure()", [])
        if departure_id is None:
            break
        counts["deleted" if await _erased(departure_id) else "failed"] += 1
    return counts


async def _erased(departure_id: UUID) -> bool:
    try:
        await closing.delete_in_batches("select oneai.erase_departure(%s, %s)", departure_id, closing.DOCUMENT_BATCH)
    except Exception as error:  # noqa: BLE001  the others belong to other users
        log.exception("the conversations of a former member could not be erased", departure_id=str(departure_id))
        await alerts.raise_alert("departure_erasure_failed", str(departure_id), error=type(error).__name__)
        return False
    log.info("the conversations of a former member were erased", departure_id=str(departure_id))
    return True
