"""The job that removes what nobody needs: uploads that expired, and the files of messages that were deleted."""

from dataclasses import dataclass
from uuid import UUID

from oneai import log
from oneai.clients import s3
from oneai.errors import OneAIError
from oneai.postgres import db

BATCH = 1000
# One run of the job takes this many batches; the next run comes soon.
BATCHES = 20


@dataclass
class _ExpiredRow:
    id: UUID


@dataclass
class _QueuedRow:
    key: str
    needed: bool


async def enqueue_removal(key: str) -> None:
    """To be called before an object is stored that a message is yet to show: it is removed unless one does."""
    await db.as_service("insert into oneai.files_to_remove (key) values (%s) on conflict do nothing", [key], dict)


async def remove_unreferenced() -> dict[str, int]:
    """Removes them, oldest first; how many uploads `expired` and how many objects were `removed`.

    Restartable anywhere: a key is forgotten only once its object is gone. Running twice at once changes nothing.
    Files wait for twenty minutes, longer than the answer that may still be storing them can take.
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
