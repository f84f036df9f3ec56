"""The job that rolls usage events up by quarter hour."""

from oneai.postgres import db

# Events per statement, well within the role's statement timeout; the job repeats it until none are left.
BATCH = 20_000


async def add_up() -> dict[str, int]:
    """Adds up everything new and returns the number of `events`.

    Safe to interrupt and to run concurrently: every event is counted exactly once.
    """
    events = 0
    while True:
        (added,) = await db.call("select oneai.roll_up_usage(%s)", [BATCH])
        events += added
        if added < BATCH:
            return {"events": events}
