"""Every minute: settle expired answers, delete expired temporary conversations, and reconcile the costs of estimated
answers, of a sample of the others and of each of our keys with the upstream's."""

from typing import Any

from oneai import jobs, log
from oneai.chat import jobs as chat_jobs
from oneai.clients import secrets_manager

secrets_manager.load()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event is not used; the result counts what was done."""
    counts = jobs.run(chat_jobs.settle_open_answers())
    counts["forgotten"] = jobs.run(chat_jobs.delete_expired_temporary())
    counts |= jobs.run(chat_jobs.compare_sample())
    counts |= jobs.run(chat_jobs.watch_key_spend())
    log.info("answers settled", **counts)
    return counts
