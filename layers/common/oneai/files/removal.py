"""The job that deletes expired uploads and the files of deleted messages."""

from dataclasses import dataclass
from uuid import UUID

from oneai import log
from oneai.clients import s3
from oneai.errors import OneAIError
from oneai.postgres import db

BATCH = 1000
# The limit of batches per run.
BATCHES = 20


@dataclass
class _ExpiredRow:
    id: UUID


@dataclass
class _QueuedRow:
    key: str
    needed: bool


async def enqueue_removal(key: str) -> None:
    """Queues an object before it is stored: it is removed unless a message references it by then."""
    await db.as_service("insert into oneai.files_to_remove (key) values (%s) on conflict do nothing", [key], dict)


async def remove_unreferenced() -> dict[str, int]:
    """Removes queued objects, oldest first; counts `expired` uploads and `removed` objects.

    Safe to interrupt and to run concurrently: a key leaves the queue only after its object is deleted. Objects wait for
    twenty minutes, longer than an answer that stores them can take.
    """
    counts = {"expired": 0, "removed": 0}
    for _ in range(BATCHES):
        expired = await _expire()
        queued = await _next()
        try:
            if unneeded := [each.key for each in queued if not each.needed]:
                await s3.delete(*unneeded)
        except OneAIError:
            log.exception("files could not be removed; the next run tries again")
            break
        await _dequeue([each.key for each in queued])
        counts["expired"] += expired
        counts["removed"] += len(unneeded)
        if expired < BATCH and len(queued) < BATCH:
            break
    return counts


async def _expire() -> int:
    rows = await db.as_service(
        """
        delete from oneai.uploads where id in (
          select id from oneai.uploads where expires_at <= oneai.now() order by expires_at limit %s
          for update skip locked)
        returning id
        """,
        [BATCH],
        _ExpiredRow,
    )
    return len(rows)


async def _next() -> list[_QueuedRow]:
    return await db.as_service(
        """
        select key, oneai.file_is_referenced(key) as needed from oneai.files_to_remove
        where requested_at <= oneai.now() - interval '20 minutes' order by requested_at limit %s
        """,
        [BATCH],
        _QueuedRow,
    )


async def _dequeue(keys: list[str]) -> None:
    await db.as_service("delete from oneai.files_to_remove where key = any(%s)", [keys], dict)
