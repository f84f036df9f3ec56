"""Every hour: add up what was used, for people's usage and the operator's costs, and count what people store."""

from typing import Any

from oneai import files, jobs, log, usage
from oneai.clients import secrets_manager

# So much of the function's time stays for the end of a batch and for the answer.
SECONDS_LEFT = 30

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; the answer counts the events that were added up, and the people of whom
    something was counted."""
    done = jobs.run(usage.add_up())
    done |= jobs.run(files.count_storage(context.get_remaining_time_in_millis() / 1000 - SECONDS_LEFT))
    log.info("usage added up and storage counted", **done)
    return done
