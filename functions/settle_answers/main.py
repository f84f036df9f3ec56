"""Every minute: settles expired answers, deletes expired temporary conversations, and indexes answers for the search.
It also compares the costs of estimated answers, of a sample of the others, and of each of our keys with the upstream's,
and reports how far behind the queues are."""

from typing import Any

from oneai import jobs, log, queue_ages
from oneai.chat import jobs as chat_jobs
from oneai.clients import secrets_manager

secrets_manager.load()


@jobs.reported("settle_answers")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """EventBridge's event is not used; the result counts the work."""
    counts = jobs.run(chat_jobs.settle_open_answers())
    counts["forgotten"] = jobs.run(chat_jobs.delete_expired_temporary())
    counts["indexed"] = jobs.run(chat_jobs.index_queued_answers())
    counts |= jobs.run(chat_jobs.compare_sample())
    counts |= jobs.run(chat_jobs.watch_key_spend())
    jobs.run(queue_ages.report())
    log.info("answers settled", **counts)
    return counts
