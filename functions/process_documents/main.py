"""Every minute, and after an upload: reads documents whose files are there, and embeds them for search. Every minute it
also asks chatbots the questions of their evaluations."""

import asyncio
from typing import Any

from oneai import jobs, log
from oneai.chat.jobs.evaluations import answer_evaluations
from oneai.clients import secrets_manager
from oneai.documents.processing import hasten, is_storage_event, process_documents

# The next run continues; a run of more than a minute would delay events.
RUN_SECONDS = 45

secrets_manager.load()


@jobs.reported("process_documents")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """Accepts the schedule's event and the storage's; the result counts steps of documents."""
    counts = jobs.run(_run(event))
    log.info("documents processed", **counts)
    return counts


async def _run(event: dict[str, Any]) -> dict[str, int]:
    """Does nothing for a file whose document does not wait for it, because it was processed already, or deleted."""
    if is_storage_event(event) and not await hasten(event):
        return {"steps": 0}
    counts, evaluations = await asyncio.gather(process_documents(RUN_SECONDS), answer_evaluations(RUN_SECONDS))
    if evaluations:
        log.info("evaluations asked", answers=evaluations)
    return counts
