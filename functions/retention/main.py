"""Every night: remove what has been over for longer than it is to be kept."""

from typing import Any

from oneai import accounts, jobs, log
from oneai.clients import secrets_manager

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; the answer counts what was removed."""
    done = jobs.run(accounts.remove_what_is_over(context.get_remaining_time_in_millis() / 1000 - 90))
    log.info("what was over is removed", **done)
    return done
