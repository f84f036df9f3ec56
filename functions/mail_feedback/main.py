"""When SES reports a bounce or a complaint, through SNS: that address gets no more mail."""

from typing import Any

from oneai import jobs, log, notifications
from oneai.clients import secrets_manager

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """SNS's event carries SES's reports; the answer counts the addresses that get no more mail."""
    counts = jobs.run(notifications.bounces.handle(event))
    log.info("reports of mail heeded", **counts)
    return counts
