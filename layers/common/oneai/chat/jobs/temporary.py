"""Temporary conversations: deleted when they expire, ten minutes after their last answer, or two where it was asked for
by a client that brings its own history."""

from dataclasses import dataclass
from uuid import UUID

from oneai.postgres import db

# Conversations in one statement, and statements in one run of the job; the next run comes in a minute.
BATCH = 100
BATCHES = 20


@dataclass
class _DeletedRow:
    id: UUID


async def delete_expired_temporary() -> int:
    """The job: deletes expired temporary conversations with their messages; how many.

    The cost of their answers stays recorded. Restartable; concurrent runs share the work.
    """
    count = 0
    for _ in range(BATCHES):
        batch = await db.as_service(
            """
            delete from oneai.conversations where id in (
              select c.id from oneai.conversations as c
              where c.expires_at <= oneai.now() order by c.expires_at limit %s for update skip locked)
            returning id
            """,
            [BATCH],
            _DeletedRow,
        )
        count += len(batch)
        if len(batch) < BATCH:
            break
    return count
