"""Every minute: write the exports and read the imports that wait."""

from typing import Any

from oneai import jobs, log, usage
from oneai.clients import secrets_manager
from oneai.conversations import archive

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; the answer counts what was taken up and what expired."""
    counts = jobs.run(archive.run_exports_and_imports(context.get_remaining_time_in_millis() / 1000, usage.WRITERS))
    log.info("exports and imports run", **counts)
    return counts
