"""The job that adds events up by quarter hours."""

from oneai.postgres import db

# One statement adds this many, well within the role's statement timeout; the job goes on until nothing is left.
BATCH = 20_000


async def add_up() -> dict[str, int]:
    """Adds up what no run has added yet and returns how many `events` that were.

    Killed anywhere, late, or twice at once: every event is in the sums exactly once.
    """
    events = 0
    while True:
        (added,) = await db.call("select oneai.roll_up_usage(%s)", [BATCH])
        events += added
        if added < BATCH:
            return {"events": events}
