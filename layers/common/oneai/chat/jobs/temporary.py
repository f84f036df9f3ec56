"""Deletes temporary conversations when they expire: ten minutes after the last answer, or two minutes for clients that
send their own history."""

from dataclasses import dataclass
from uuid import UUID

from oneai.postgres import db

# Conversations per statement, and statements per run; the next run starts a minute later.
BATCH = 100
BATCHES = 20


@dataclass
class _DeletedRow:
    id: UUID


async def delete_expired_temporary() -> int:
    """The job: deletes expired temporary conversations with their messages, and returns their number.

    The cost of their answers remains recorded. It can be restarted; concurrent runs share the work.
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
