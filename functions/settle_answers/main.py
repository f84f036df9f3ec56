"""Every minute: settle the answers whose process died, ask the upstream what estimated ones and a sample of the others
really cost, and take away the temporary conversations whose time is over."""

from typing import Any

from oneai import chat, jobs, log
from oneai.clients import secrets_manager

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event says nothing we need; the answer counts what it came to."""
    done = jobs.run(chat.settle_open_answers())
    done["forgotten"] = jobs.run(chat.delete_expired_temporary())
    done |= jobs.run(chat.compare_sample())
    log.info("answers settled", **done)
    return done
