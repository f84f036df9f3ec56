"""Uploads: the client requests a presigned URL, sends the file there, and references it in a message or import.

An upload whose text must be extracted is a row of `oneai.documents`, and its file is stored like a document's. So it is
scanned, read and removed in the same way.
"""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from oneai.clients import s3
from oneai.field_errors import InvalidValue
from oneai.files.media_types import SUPPORTED_TYPES, kind_of, max_bytes, plain_type
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import one_line

# The lifetime of the URL; S3 checks it when the request starts.
SECONDS_TO_SEND = 3600
# Unused files are deleted after a day.
LIFETIME = timedelta(days=1)
# The limit of unused uploads per user.
MAX_WAITING = 20


def _known_type(media_type: str) -> str:
    plain = plain_type(media_type)
    if plain is None or max_bytes(plain) is None:
        raise InvalidValue("unsupported_type", f"Files of this type are not supported. {SUPPORTED_TYPES}")
    return plain


class NewUpload(BaseModel):
    """The body of `POST /api/uploads`: a file to upload."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(one_line)] = Field(
        description="The file's name."
    )
    type: Annotated[str, Field(min_length=3, max_length=100), AfterValidator(_known_type)] = Field(
        description=f"The media type. {SUPPORTED_TYPES}"
    )
    size: Annotated[int, Field(ge=1)] = Field(description="The size in bytes; the upload must have exactly this size.")

    @field_validator("size")
    @classmethod
    def _fits_its_type(cls, size: int, others: ValidationInfo) -> int:
        limit = max_bytes(others.data["type"]) if "type" in others.data else None
        if limit is not None and size > limit:
            raise InvalidValue("too_large", f"A file of this type may have at most {limit} bytes.")
        return size


class UploadTarget(BaseModel, defer_build=True):
    """The address to upload the file to."""

    upload_id: UUID = Field(description="The file's id in `attachments` and `POST /import`, valid for a day.")
    url: str = Field(description="The address to `PUT` the file to.")
    headers: dict[str, str] = Field(description="The headers that the `PUT` must have.")
    expires_at: datetime = Field(description="When the address expires.")


class Upload(BaseModel, defer_build=True):
    """An upload as requested, without those that are read like documents; only the storage knows whether the file has
    arrived."""

    id: UUID
    user_id: UUID
    name: str
    media_type: str
    size: int

    @property
    def key(self) -> str:
        """The storage key."""
        return f"uploads/{self.user_id}/{self.id}"


def document_key(workspace_id: UUID, document_id: UUID) -> str:
    """The storage key of a document, attached or kept."""
    return f"documents/{workspace_id}/{document_id}"


async def open_upload(principal: Principal, new: NewUpload) -> UploadTarget:
    """Creates a presigned URL for one file, whose size counts against the storage limit immediately. A file whose text
    is read belongs to the workspace of the request, others to the user.

    Raises RateLimited while the user has too many unused uploads, StorageFull if it does not fit.
    """
    upload = Upload(id=uuid4(), user_id=principal.user_id, name=new.name, media_type=new.type, size=new.size)
    is_read = kind_of(upload.media_type) == "document"
    (now,) = await db.call(
        "select oneai.open_upload(%s, %s, %s, %s, %s, %s, make_interval(secs => %s), %s, %s, %s)",
        [
            *(upload.user_id, principal.workspace_id, upload.id, upload.name, upload.media_type, upload.size),
            *(SECONDS_TO_SEND, LIFETIME, MAX_WAITING, is_read),
        ],
    )
    key = document_key(principal.workspace_id, upload.id) if is_read else upload.key
    signed = await s3.sign_upload(key, media_type=upload.media_type, size=upload.size, now=now, seconds=SECONDS_TO_SEND)
    return UploadTarget(
        upload_id=upload.id,
        url=signed.url,
        headers=signed.headers,
        expires_at=now + timedelta(seconds=SECONDS_TO_SEND),
    )


async def find_uploads(principal: Principal, ids: list[UUID]) -> dict[UUID, Upload]:
    """The user's uploads among `ids` that have not expired."""
    if not ids:
        return {}
    rows = await db.read_as(
        principal,
        """
        select id, user_id, name, media_type, size from oneai.uploads
        where id = any(%s) and user_id = %s and expires_at > oneai.now()
        """,
        [ids, principal.user_id],
        Upload,
    )
    return {upload.id: upload for upload in rows}


async def mark_used(principal: Principal, ids: list[UUID]) -> None:
    """Marks uploads as used: they no longer count as unused. They remain until they expire."""
    await db.as_service(
        """
        update oneai.uploads set used_at = oneai.now()
        where id = any(%s) and user_id = %s and used_at is null
        """,
        [ids, principal.user_id],
        dict,
    )
