"""Every minute: writes queued exports and reads queued imports."""

from typing import Any

from oneai import accounts, jobs, log, usage
from oneai.clients import secrets_manager
from oneai.conversations import archive
from oneai.inbox import export_files

secrets_manager.load()


@jobs.reported("export_import")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """The event is not used; the result counts the jobs and the expired files."""
    others = {**usage.WRITERS, **accounts.WRITERS, **export_files.WRITERS}
    counts = jobs.run(archive.run_exports_and_imports(context.get_remaining_time_in_millis() / 1000, others))
    log.info("exports and imports run", **counts)
    return counts
