"""Every quarter of an hour: deletes expired uploads and the files of deleted messages."""

from typing import Any

from oneai import files, jobs, log
from oneai.clients import secrets_manager

secrets_manager.load()


@jobs.reported("remove_files")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """The event is not used; the result counts expired uploads and removed objects."""
    counts = jobs.run(files.remove_unreferenced())
    log.info("files removed", **counts)
    return counts
