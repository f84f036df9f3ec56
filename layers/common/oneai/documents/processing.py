"""The job that processes documents, every minute: runs the next step of the documents that have been due the longest,
several at a time, until none is due or the run's time is used up.

It is safe to interrupt and to run concurrently: a document is leased, and a killed step is repeated when the lease
expires. The storage's event for an uploaded file only starts the job earlier; it may arrive twice, late, or never.
"""

import asyncio
import re
import time
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from oneai import log, settings
from oneai.clients.s3 import StorageSettings
from oneai.documents import summary
from oneai.documents.document import object_key
from oneai.documents.embedding import change_model
from oneai.documents.lease import LEASE_SECONDS, Work
from oneai.documents.steps import take_step
from oneai.errors import OneAIError
from oneai.postgres import db

# Documents that are processed at once: as many as the smallest stack may read (IngestDocument in the template).
AT_ONCE = 2
_KEY = re.compile(r"documents/(?P<owner>[0-9a-f-]{36})/(?P<document>[0-9a-f-]{36})")


class _Id(BaseModel):
    id: UUID


async def process_documents(seconds: float) -> dict[str, int]:
    """Processes documents for about `seconds`, plus one step; counts the `steps`."""
    until = time.monotonic() + seconds
    steps = await asyncio.gather(*(_take_steps(until) for _ in range(AT_ONCE)), _write_summaries(until))
    await _change_model(until)
    return {"steps": sum(steps)}


def is_storage_event(event: dict[str, Any]) -> bool:
    """Whether it is an S3 event and not a scheduled one."""
    return event.get("source") == "aws.s3"


async def hasten(event: dict[str, Any]) -> bool:
    """Makes the document of an "Object Created" event due now, if it still waits for its file; returns whether it did.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    detail = event.get("detail") or {}
    document = _document_of(str((detail.get("object") or {}).get("key")))
    bucket = (detail.get("bucket") or {}).get("name")
    if document is None or bucket != settings.read(StorageSettings).storage_bucket:
        return False
    # A run that is checking this document right now finds the file, or checks again in a moment.
    rows = await db.as_service(
        """
        update oneai.documents set next_attempt_at = oneai.now()
        where id = %s and workspace_id = %s and status = 'waiting' and lease is null returning id
        """,
        [document[1], document[0]],
        _Id,
    )
    return bool(rows)


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
        select id, workspace_id, stored_in, name, media_type, status, position, attempts, lease, created_at,
          upload_expires_at, arrived_at, oneai.now(), reading_model from oneai.claim_document(%s)
        """,
        [LEASE_SECONDS],
    )
    return Work(*row) if row else None


def _document_of(key: str) -> tuple[UUID, UUID] | None:
    """The owner and the id of the document whose key this is; None where it is another's."""
    match = _KEY.fullmatch(key)
    try:
        owner, document = (UUID(each) for each in match.groups()) if match else (None, None)
    except ValueError:
        return None
    if owner is None or document is None or object_key(owner, document) != key:
        return None
    return owner, document
