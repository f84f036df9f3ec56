"""The storage's event that a file was uploaded. It only speeds up processing, and may come twice, late, or never."""

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
        where id = %s and owner_id = %s and status = 'waiting' and lease is null returning id
        """,
        [document[1], document[0]],
        _Id,
    )
    return bool(rows)


def _document_of(key: str) -> tuple[UUID, UUID] | None:
    """The owner and the id of the document with this key; None for other keys."""
    match = _KEY.fullmatch(key)
    try:
        owner, document = (UUID(each) for each in match.groups()) if match else (None, None)
    except ValueError:
        return None
    if owner is None or document is None or object_key(owner, document) != key:
        return None
    return owner, document
