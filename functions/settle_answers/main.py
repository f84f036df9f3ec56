"""Every minute: settle expired answers, delete expired temporary conversations, index answers for the search, reconcile
the costs of estimated answers, of a sample of the others and of each of our keys with the upstream's, and report how
far behind queues are."""

from typing import Any

from oneai import jobs, log, queue_ages
from oneai.chat import jobs as chat_jobs
from oneai.clients import secrets_manager

secrets_manager.load()


@jobs.reported("settle_answers")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event is not used; the result counts what was done."""
    counts = jobs.run(chat_jobs.settle_open_answers())
    counts["forgotten"] = jobs.run(chat_jobs.delete_expired_temporary())
    counts["indexed"] = jobs.run(chat_jobs.index_queued_answers())
    counts |= jobs.run(chat_jobs.compare_sample())
    counts |= jobs.run(chat_jobs.watch_key_spend())
    jobs.run(queue_ages.report())
    log.info("answers settled", **counts)
    return counts
