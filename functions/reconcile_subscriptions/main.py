"""Every five minutes: make good what no event told, so that access follows from what was paid and from nothing else."""

from typing import Any

from oneai import jobs, log
from oneai.billing import reconcile_subscriptions
from oneai.clients import secrets_manager

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; `{"all": true}` asks about every subscription that is not over."""
    done = jobs.run(reconcile_subscriptions(everything=event.get("all") is True))
    log.info("subscriptions reconciled", **done)
    return done
