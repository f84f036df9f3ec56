"""The job that runs every minute: writes queued exports and reads queued imports."""

import time

from oneai.conversations.archive import export_job, import_job
from oneai.conversations.archive.export_job import ExportWriters

# Seconds that must remain to start an export or continue an import: the length of one step.
MARGIN = import_job.STORE_SECONDS + 10


async def run_exports_and_imports(seconds: float, others: ExportWriters | None = None) -> dict[str, int]:
    """Alternates between both queues until they are empty or `seconds` are nearly over. Counts both, and expired files.

    `others` are writers for formats that do not export conversations.

    Safe to interrupt and to run concurrently: each job is claimed by one worker.
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
