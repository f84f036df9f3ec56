"""Every minute: sends the outbox."""

from typing import Any

from oneai import jobs, log, notifications
from oneai.clients import secrets_manager

secrets_manager.load()


@jobs.reported("send_mail")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """The event is not used; the result counts the outcomes of due mail."""
    counts = jobs.run(notifications.send_due())
    log.info("mail sent", **counts)
    return counts
