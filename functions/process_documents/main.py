"""Every minute: reads documents whose files have arrived, and embeds them for search."""

from typing import Any

from oneai import jobs, log
from oneai.clients import secrets_manager
from oneai.documents.processing import process_documents

# The next run goes on: one that took longer than a minute would let events wait.
RUN_SECONDS = 45

secrets_manager.load()


@jobs.reported("process_documents")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """The event is not used; the result counts steps of documents."""
    counts = jobs.run(process_documents(RUN_SECONDS))
    log.info("documents processed", **counts)
    return counts
