"""The job that processes documents, every minute: takes what has been due for the longest time and does its next step,
several at a time, until nothing is due or the run's time is over.

Safe to interrupt and to run concurrently: a document is leased, and a step that was killed is repeated when its lease
is over.
"""

import asyncio
import time

from oneai import log
from oneai.documents import summary
from oneai.documents.embedding import change_model
from oneai.documents.lease import LEASE_SECONDS, Work
from oneai.documents.steps import take_step
from oneai.errors import OneAIError
from oneai.postgres import db

# Documents that are processed at once: as many as the smallest stack may read (IngestDocument in the template).
AT_ONCE = 2


async def process_documents(seconds: float) -> dict[str, int]:
    """Processes documents for about `seconds`, plus one step; counts the `steps`."""
    until = time.monotonic() + seconds
    steps = await asyncio.gather(*(_take_steps(until) for _ in range(AT_ONCE)), _write_summaries(until))
    await _change_model(until)
    return {"steps": sum(steps)}


async def _change_model(until: float) -> None:
    """Uses the remaining time for steps towards another model, if the operator has chosen one."""
    try:
        while time.monotonic() < until and await change_model() not in ("current", "switched"):
            continue
    except OneAIError as error:
        log.warning("the change of the embedding model has to wait", code=error.code)


async def _take_steps(until: float) -> int:
    steps = 0
    while time.monotonic() < until and (work := await _claim()) is not None:
        await take_step(work)
        steps += 1
    return steps


async def _write_summaries(until: float) -> int:
    parts = 0
    while time.monotonic() < until and await summary.write_part():
        parts += 1
    return parts


async def _claim() -> Work | None:
    row = await db.call(
        """
        select id, owner_id, name, media_type, status, position, attempts, lease, created_at, upload_expires_at,
          arrived_at, oneai.now(), reading_model from oneai.claim_document(%s)
        """,
        [LEASE_SECONDS],
    )
    return Work(*row) if row else None
