"""The state of single uploads: whether the file is there, and the progress of an upload that is read like a document.

A question that names an upload attaches it to its conversation (`oneai.attach_documents`); unused uploads expire.
"""

from uuid import UUID

from pydantic import BaseModel, Field

from oneai import files
from oneai.clients import s3
from oneai.documents.document import Status
from oneai.errors import NotFound
from oneai.files import Upload
from oneai.postgres import db
from oneai.postgres.db import Principal, Query

# Chunks and vectors of this many documents are deleted with them in one statement.
EXPIRE_AT_ONCE = 20
EXPIRE_SECONDS = 25


class UploadState(BaseModel):
    """An upload, and whether a question can use it."""

    id: UUID = Field(description="The `upload_id`.")
    name: str = Field(description="The file's name.")
    type: str = Field(description="The media type.")
    size: int = Field(description="Bytes.")
    status: Status = Field(
        description="`waiting` for the file, or `ready`. In between, one whose text is extracted is `scanning` for "
        "viruses, `extracting` its text, `embedding` it for search (a question can name it already); or it `failed`."
    )
    progress: float = Field(description="The progress of processing, from 0 to 1.")
    problem: str | None = Field(description="Why it failed, as a sentence; null if it did not.")


class _Id(BaseModel):
    id: UUID


async def get_upload(principal: Principal, upload_id: UUID) -> UploadState:
    """Returns the user's upload, for a day and while a conversation uses it. Raises NotFound, Busy."""
    documents, others = await db.read_all_as(
        principal,
        Query(
            """
            select d.id, d.name, d.media_type as type, d.size, d.status, d.progress, d.problem
            from oneai.documents as d
            where d.id = %s and d.attached
              and (d.conversation_id is not null or d.created_at > oneai.now() - %s)
            """,
            [upload_id, files.LIFETIME],
            UploadState,
        ),
        Query(
            """
            select u.id, u.user_id, u.name, u.media_type, u.size from oneai.uploads as u
            where u.id = %s and u.user_id = %s and u.expires_at > oneai.now()
            """,
            [upload_id, principal.user_id],
            Upload,
        ),
    )
    if documents:
        state: UploadState = documents[0]
        return state
    if not others:
        raise NotFound
    return await _state_of_file(others[0])


async def _state_of_file(upload: Upload) -> UploadState:
    """The state of an upload that is used unchanged: it is ready when the storage has it."""
    try:
        await s3.head(upload.key)
    except NotFound:
        arrived = False
    else:
        arrived = True
    return UploadState(
        id=upload.id,
        name=upload.name,
        type=upload.media_type,
        size=upload.size,
        status="ready" if arrived else "waiting",
        progress=float(arrived),
        problem=None,
    )


async def expire_uploads() -> int:
    """Deletes documents that were to be sent along and that no question has named in their day, with their texts; how
    many there were. Their files are removed later."""
    expired = 0
    while True:
        rows = await db.as_service(
            """
            delete from oneai.documents where id in (
              select d.id from oneai.documents as d
              where d.attached and d.conversation_id is null and d.created_at <= oneai.now() - %s
              order by d.created_at limit %s for update skip locked)
            returning id
            """,
            [files.LIFETIME, EXPIRE_AT_ONCE],
            _Id,
            seconds=EXPIRE_SECONDS,
        )
        expired += len(rows)
        if len(rows) < EXPIRE_AT_ONCE:
            return expired
