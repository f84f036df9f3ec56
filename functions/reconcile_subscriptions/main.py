"""Every five minutes: recovers what no event reported, so that access follows only from payments."""

from typing import Any

from oneai import jobs, log
from oneai.billing import reconcile_subscriptions
from oneai.clients import secrets_manager

secrets_manager.load()


@jobs.reported("reconcile_subscriptions")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event is not used; `{"all": true}` syncs every subscription that has not ended."""
    done = jobs.run(reconcile_subscriptions(everything=event.get("all") is True))
    log.info("subscriptions reconciled", **done)
    return done
