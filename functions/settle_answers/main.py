"""Every minute: settle the answers whose process died, and ask the upstream what estimated ones really cost."""

from typing import Any

from oneai import chat, jobs, log, secrets

secrets.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; the answer counts what was settled and corrected."""
    done = jobs.run(chat.settle_open_answers())
    log.info("answers settled", **done)
    return done
