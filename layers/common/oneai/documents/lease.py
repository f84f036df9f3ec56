"""A document that a run of the job has leased, and the ways in which a step ends that lease."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from oneai.documents.document import Status, WordsOnly, object_key
from oneai.documents.extraction import INVOKE_SECONDS
from oneai.postgres import db

STORE_SECONDS = 60
# Longer than any step; reading pages renews it with each page.
LEASE_SECONDS = INVOKE_SECONDS + 2 * STORE_SECONDS


@dataclass(slots=True)
class Work:
    """A document that this run has leased; `now` is Postgres's clock. `reading_model` reads its pages, unless None."""

    id: UUID
    workspace_id: UUID
    stored_in: UUID | None
    name: str
    media_type: str
    status: Status
    position: Any
    attempts: int
    lease: UUID
    created_at: datetime
    upload_expires_at: datetime
    arrived_at: datetime | None
    now: datetime
    reading_model: str | None

    @property
    def key(self) -> str:
        """The storage key of the file."""
        return object_key(self.stored_in or self.workspace_id, self.id)


async def fail(work: Work, problem: str) -> None:
    """Sets the document to `failed`, with a reason that users understand, and deletes its text."""
    await db.as_service(
        """
        with failed as (
          update oneai.documents set status = 'failed', problem = %s, chunks = 0, position = null, lease = null,
            pages_with_text = '{}', pages_read = '{}', text_bytes = 0, text_share = null, words_only = null,
            updated_at = oneai.now()
          where id = %s and lease = %s returning id
        )
        delete from oneai.document_chunks as c using failed where c.document_id = failed.id
        """,
        [problem, work.id, work.lease],
        dict,
        seconds=STORE_SECONDS,
    )


async def wait(work: Work, seconds: float, *, attempts: int | None = None, words_only: WordsOnly | None = None) -> None:
    """Ends the lease; the document becomes due again after `seconds`. `words_only` says why it has no vectors yet."""
    await db.as_service(
        """
        update oneai.documents set lease = null, attempts = coalesce(%s, attempts),
          words_only = coalesce(%s, words_only), next_attempt_at = oneai.now() + make_interval(secs => %s)
        where id = %s and lease = %s
        """,
        [attempts, words_only, seconds, work.id, work.lease],
        dict,
    )


async def change(work: Work, assignments: LiteralString, values: list[Any]) -> None:
    """Ends the lease with a change; the document is due immediately."""
    await db.as_service(
        f"""
        update oneai.documents set {assignments}, attempts = 0, lease = null, next_attempt_at = oneai.now(),
          updated_at = oneai.now()
        where id = %s and lease = %s
        """,
        [*values, work.id, work.lease],
        dict,
    )
