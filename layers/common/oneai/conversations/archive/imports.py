"""Requests for imports."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai.conversations.archive import limits
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal


class ImportRequest(BaseModel):
    """The body of `POST /api/import`."""

    model_config = ConfigDict(extra="forbid")

    upload_id: UUID = Field(description="From `POST /uploads`, after the file was uploaded.")


class ImportAccepted(BaseModel):
    """A job reads the file."""

    import_id: UUID = Field(description="For `GET /import/{id}`.")


class ImportProblem(BaseModel):
    """A conversation of the file that could not be imported."""

    position: int = Field(description="The conversation's position in the file, from 0.")
    title: str | None = Field(description="Its title, if it has one.")
    message: str = Field(description="Why it could not be imported.")


class LeftOut(BaseModel):
    """Content of the imported conversations that was left out."""

    hidden: int = Field(default=0, description="Messages that the other service does not show.")
    thoughts: int = Field(default=0, description="Thoughts of models that the file has no text of.")
    tool_calls: int = Field(default=0, description="Calls of tools, such as searches, that wrote no document.")
    tool_results: int = Field(default=0, description="Results of tools.")
    unreadable: int = Field(default=0, description="Messages, or parts of them, in an unknown format.")


class Import(BaseModel):
    """The progress of an import."""

    state: Literal["queued", "running", "done", "failed"] = Field(
        description="`failed`: the file could not be read to its end; conversations before the error remain."
    )
    progress: int = Field(ge=0, le=100, description="In percent.")
    imported: int = Field(description="Conversations that are new.")
    skipped: int = Field(description="Conversations that already existed.")
    failed: int = Field(description="Conversations that could not be imported.")
    errors: list[ImportProblem] = Field(description="The errors of the first hundred failed conversations.")
    left_out: LeftOut = Field(description="Counts of content that was left out of the new conversations, by kind.")
    error: str | None = Field(description="The error as a sentence, if the file could not be read.")


async def start_import(principal: Principal, request: ImportRequest) -> ImportAccepted:
    """Queues an upload for import into the request's workspace. Raises NotFound, BodyTooLarge, AccountSuspended,
    RoleInsufficient, RateLimited, StorageFull."""
    (import_id,) = await db.call(
        "select oneai.request_import(%s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, request.upload_id, limits.FILE_BYTES],
        idempotent=True,
    )
    return ImportAccepted(import_id=import_id)


async def get_import(principal: Principal, import_id: UUID) -> Import:
    """Returns an import's progress. Raises NotFound."""
    rows: list[Any] = await db.read_as(
        principal,
        """
        select state, progress, imported, skipped, failed, errors, left_out, error from oneai.imports
        where id = %s and user_id = %s
        """,
        [import_id, principal.user_id],
        Import,
    )
    if not rows:
        raise NotFound
    result: Import = rows[0]
    return result
