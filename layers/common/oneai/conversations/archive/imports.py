"""Imports as people ask for them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import db
from oneai.conversations.archive import limits
from oneai.db import Person
from oneai.errors import NotFound


class ImportRequest(BaseModel):
    """A file that was sent to the address `POST /uploads` gave."""

    model_config = ConfigDict(extra="forbid")

    upload_id: UUID


class ImportAccepted(BaseModel):
    """A job reads it; `GET /import/{import_id}` says how far it is."""

    import_id: UUID


class ImportProblem(BaseModel):
    """A conversation of the file that could not be imported: its place, from 0, its title if it had one, and why."""

    position: int
    title: str | None
    message: str


class Import(BaseModel):
    """`progress` in percent. Of the file's conversations `imported` are new, `skipped` were there, `failed` have an
    entry in `errors` (the first hundred). `error` says why the file could not be read, or not to its end."""

    state: Literal["queued", "running", "done", "failed"]
    progress: int = Field(ge=0, le=100)
    imported: int
    skipped: int
    failed: int
    errors: list[ImportProblem]
    error: str | None


async def start_import(person: Person, wanted: ImportRequest) -> ImportAccepted:
    """Asks for an upload to be imported. Raises NotFound, BodyTooLarge, AccountSuspended, RateLimited."""
    (import_id,) = await db.call(
        "select oneai.request_import(%s, %s, %s)",
        [person.user_id, wanted.upload_id, limits.FILE_BYTES],
        idempotent=True,
    )
    return ImportAccepted(import_id=import_id)


async def imported(person: Person, import_id: UUID) -> Import:
    """How far an import is. Raises NotFound."""
    rows: list[Any] = await db.read_as(
        person,
        """
        select state, progress, imported, skipped, failed, errors, error from oneai.imports
        where id = %s and user_id = %s
        """,
        [import_id, person.user_id],
        Import,
    )
    if not rows:
        raise NotFound
    found: Import = rows[0]
    return found
