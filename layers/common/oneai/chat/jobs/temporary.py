"""Temporary conversations, whose time is over ten minutes after their last answer, are taken away."""

from dataclasses import dataclass
from uuid import UUID

from oneai.postgres import db

# Conversations in one statement, and statements in one run of the job; the next run comes in a minute.
BATCH = 100
BATCHES = 20


@dataclass
class _Deleted:
    id: UUID


async def delete_expired_temporary() -> int:
    """The job: deletes the temporary conversations whose time is over, with all that was said in them; how many.

    What their answers cost stays known. Restartable; two at once share the work.
    """
    deleted = 0
    for _ in range(BATCHES):
        batch = await db.as_service(
            """
            delete from oneai.conversations where id in (
              select c.id from oneai.conversations as c
              where c.expires_at <= oneai.now() order by c.expires_at limit %s for update skip locked)
            returning id
            """,
            [BATCH],
            _Deleted,
        )
        deleted += len(batch)
        if len(batch) < BATCH:
            break
    return deleted
