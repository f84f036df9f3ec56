"""The job of every minute: writes the exports and reads the imports that wait."""

import time

from oneai.conversations.archive import export_job, import_job
from oneai.conversations.archive.export_job import ExportWriters

# An export is begun, and an import goes on, only if so many seconds are left: one step of either takes some.
MARGIN = import_job.STORE_SECONDS + 10


async def run_exports_and_imports(seconds: float, others: ExportWriters | None = None) -> dict[str, int]:
    """Takes one of each in turn until none waits or `seconds` are nearly over; how many were taken and expired.

    `others` write what is not of conversations, by format.

    Restartable, and several may run at once: each piece of work is one worker's.
    """
    until = time.monotonic() + seconds - MARGIN
    counts = {"exports": 0, "imports": 0, "expired": await export_job.expire_exports()}
    while time.monotonic() < until:
        wrote = await export_job.write_next(others or {})
        read = time.monotonic() < until and await import_job.read_next(until)
        counts["exports"] += wrote
        counts["imports"] += read
        if not wrote and not read:
            break
    return counts
