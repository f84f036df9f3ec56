"""The storage's event that a file has arrived: it only hastens, and may come twice, late, or never."""

import re
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from oneai import settings
from oneai.clients.s3 import StorageSettings
from oneai.documents.document import object_key
from oneai.postgres import db

_KEY = re.compile(r"documents/(?P<owner>[0-9a-f-]{36})/(?P<document>[0-9a-f-]{36})")


class _Id(BaseModel):
    id: UUID


def is_storage_event(event: dict[str, Any]) -> bool:
    """Whether it is one of S3's, and none of the schedule's."""
    return event.get("source") == "aws.s3"


async def hasten(event: dict[str, Any]) -> bool:
    """Lets the document of an "Object Created" be due at once, if it still waits for its file; whether it does.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    detail = event.get("detail") or {}
    document = _document_of(str((detail.get("object") or {}).get("key")))
    bucket = (detail.get("bucket") or {}).get("name")
    if document is None or bucket != settings.read(StorageSettings).storage_bucket:
        return False
    # One that a run is looking for just now is that run's: it finds the file, or looks again in a moment.
    rows = await db.as_service(
        """
        update oneai.documents set next_attempt_at = oneai.now()
        where id = %s and owner_id = %s and status = 'waiting' and lease is null returning id
        """,
        [document[1], document[0]],
        _Id,
    )
    return bool(rows)


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
