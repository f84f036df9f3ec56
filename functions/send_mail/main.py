"""Every minute: send what stands in the outbox."""

from typing import Any

from oneai import jobs, log, notifications
from oneai.clients import secrets_manager

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; the answer counts what became of the mail that was due."""
    counts = jobs.run(notifications.send_due())
    log.info("mail sent", **counts)
    return counts
