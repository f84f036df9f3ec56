"""Handles SES's bounces and complaints, delivered by SNS: suppresses the address."""

from typing import Any

from oneai import jobs, log, notifications
from oneai.clients import secrets_manager

secrets_manager.load()


@jobs.reported("mail_feedback")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """The SNS event contains SES's reports; the result counts the suppressed addresses."""
    counts = jobs.run(notifications.bounces.handle(event))
    log.info("reports about mail handled", **counts)
    return counts
