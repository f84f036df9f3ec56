"""Every quarter of an hour: remove expired uploads and the files of deleted messages from the storage."""

from typing import Any

from oneai import files, jobs, log
from oneai.clients import secrets_manager

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; the answer counts what expired and what was removed."""
    counts = jobs.run(files.remove_unreferenced())
    log.info("files removed", **counts)
    return counts
