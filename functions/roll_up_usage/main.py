"""Every hour: add up what was used, for people's usage and the operator's costs."""

from typing import Any

from oneai import jobs, log, secrets, usage

secrets.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; the answer counts the events that were added up."""
    done = jobs.run(usage.add_up())
    log.info("usage added up", **done)
    return done
