"""On a schedule per frequency: resets due quotas."""

from typing import Any

from oneai import jobs, log
from oneai.clients import secrets_manager
from oneai.quota.reset import reset_due_quotas

# Seconds left for the last batch and the response.
SECONDS_LEFT = 10

secrets_manager.load()


@jobs.reported("quota_reset")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """The event contains the schedule's `frequency`; the result counts the resets by frequency."""
    seconds = context.get_remaining_time_in_millis() / 1000 - SECONDS_LEFT
    counts = jobs.run(reset_due_quotas(event.get("frequency"), seconds))
    log.info("quotas reset", frequency=event.get("frequency"), **counts)
    return counts
