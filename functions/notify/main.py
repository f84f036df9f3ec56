"""Every five minutes: post what time and use give people and operators to hear of."""

from typing import Any

from oneai import jobs, log, notifications
from oneai.clients import secrets_manager

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; the answer counts what was posted."""
    done = jobs.run(notifications.notify())
    log.info("mail posted", **done)
    return done
