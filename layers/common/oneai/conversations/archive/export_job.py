"""The job that writes exports: piece by piece to a temporary file, then to the storage."""

import tempfile
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, Any, NamedTuple
from uuid import UUID, uuid4

from oneai import log
from oneai.clients import s3
from oneai.conversations.archive import export_reader, file_names
from oneai.conversations.archive.export_reader import FORMATS, Owner
from oneai.conversations.archive.export_zip import add_conversations
from oneai.conversations.archive.exports import key
from oneai.conversations.archive.lease import LeaseLost, run_with_lease
from oneai.conversations.archive.render import ExportFormat
from oneai.errors import Busy, NotFound, OneAIError
from oneai.postgres import db

# Concurrent exports of all workers.
AT_ONCE = 2
# How often a file is written again because something in it was deleted meanwhile.
ROUNDS = 20
# Of an export that three processes died with.
GIVEN_UP = "The export could not be written."


@dataclass
class ExportJob:
    """An export claimed by this process; `worker` identifies the claim."""

    id: UUID
    user_id: UUID
    conversation_id: UUID | None
    format: str
    created_at: datetime
    worker: UUID
    since: datetime | None = None
    until: datetime | None = None
    departure_id: UUID | None = None
    workspace_id: UUID | None = None
    needed_right: str | None = None
    asked: dict[str, Any] | None = None
    progress: int = 0

    def report_progress(self, percent: int) -> None:
        """Sets the progress, which is stored when the lease is renewed."""
        self.progress = percent


class DownloadInfo(NamedTuple):
    """The name and type of the downloaded file, and the visitors' conversations in it, of an export that must have none
    that was deleted meanwhile."""

    name: str
    media_type: str
    conversations: list[UUID] | None = None


# Writers for formats that do not export conversations.
type ExportWriters = Mapping[str, Callable[[ExportJob, IO[bytes]], Awaitable[DownloadInfo]]]


@dataclass
class _ExpiredRow:
    id: UUID
    user_id: UUID


async def write_next(others: ExportWriters, worker: UUID | None = None) -> bool:
    """Claims, writes and stores the oldest queued export; returns whether there was one. `others` are writers by
    format.

    A failed export remains claimed until its lease ends, and is then retried.
    """
    work = await _claim(worker or uuid4())
    if work is None:
        return False
    try:
        await run_with_lease(_write(work, others), partial(_renew, work))
        log.info("an export was written", export_id=work.id)
    except LeaseLost:
        log.warning("another worker writes this export now", export_id=work.id)
    except NotFound:
        await _end(work, "failed", error="What you asked for no longer exists, or you can no longer read it.")
    except (OneAIError, OSError):  # OSError: this worker's own disk
        log.exception("an export could not be written", export_id=work.id)
    return True


async def expire_exports() -> int:
    """Deletes expired files, and rows of ended transfers older than 30 days; returns the number of files."""
    rows = await db.as_service(
        """
        select id, user_id from oneai.exports where state = 'done' and expires_at <= oneai.now()
        order by expires_at limit 1000
        """,
        [],
        _ExpiredRow,
    )
    if rows:
        await s3.delete(*(key(row.user_id, row.id) for row in rows))
        await db.as_service(
            "update oneai.exports set state = 'expired' where id = any (%s)", [[row.id for row in rows]], dict
        )
    await db.as_service(
        """
        with forgotten as (
          delete from oneai.exports
          where state in ('expired', 'failed') and created_at < oneai.now() - interval '30 days'
        )
        delete from oneai.imports
        where state in ('done', 'failed') and created_at < oneai.now() - interval '30 days'
        """,
        [],
        dict,
    )
    return len(rows)


async def _claim(worker: UUID) -> ExportJob | None:
    row = await db.call(
        """
        select id, user_id, conversation_id, format, created_at, worker, since, until, departure_id,
          workspace_id, needed_right, asked
        from oneai.claim_export(%s, %s, %s)
        """,
        [worker, AT_ONCE, GIVEN_UP],
    )
    return ExportJob(*row) if row else None


async def _write(work: ExportJob, others: ExportWriters) -> None:
    principal = Owner(work.user_id)
    # The policy of exports hides one of a workspace that its user may no longer read.
    if not await db.read_as(principal, "select id from oneai.exports where id = %s", [work.id], dict):
        raise NotFound
    for _ in range(ROUNDS):
        if await _write_once(principal, work, others):
            return
    raise Busy


async def _write_once(principal: Owner, work: ExportJob, others: ExportWriters) -> bool:
    """Writes, stores and ends the export; returns whether it is done, and not to be written again without what was
    deleted meanwhile."""
    with tempfile.TemporaryFile() as file:
        if work.format in others:
            info = await others[work.format](work, file)
        elif work.conversation_id is None:
            info = await _write_all(principal, work, file)
        else:
            info = await _write_one(principal, work.conversation_id, FORMATS[work.format], file)
        file.seek(0)
        await s3.put(key(work.user_id, work.id), file, info.media_type)
    if info.conversations is None:
        await _end(work, "done", name=info.name, media_type=info.media_type)
        return True
    (finished,) = await db.call(
        "select oneai.finish_inbox_export(%s, %s, %s, %s, %s)",
        [work.id, work.worker, info.name, info.media_type, info.conversations],
    )
    if finished is False:
        raise LeaseLost
    return finished is not None


async def _write_one(
    principal: Owner, conversation_id: UUID, file_format: ExportFormat, file: IO[bytes]
) -> DownloadInfo:
    header = await export_reader.load_header(principal, conversation_id)
    async for piece in export_reader.render_pieces(principal, header, file_format):
        file.write(piece.encode())
    name = file_names.file_name(header.conversation.title, file_format.extension)
    return DownloadInfo(name=name, media_type=file_format.media_type)


async def _write_all(principal: Owner, work: ExportJob, file: IO[bytes]) -> DownloadInfo:
    """Writes a zip of every conversation as JSON and markdown, with an `index.json` that lists them."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        await add_conversations(archive, principal, work.created_at, report_progress=work.report_progress)
    return DownloadInfo(name=f"conversations-{work.created_at:%Y-%m-%d}.zip", media_type="application/zip")


async def _renew(work: ExportJob) -> bool:
    rows = await db.as_service(
        """
        update oneai.exports set leased_until = oneai.now() + oneai.job_lease(), progress = %s
        where id = %s and worker = %s and state = 'running' returning id
        """,
        [work.progress, work.id, work.worker],
        dict,
    )
    return bool(rows)


async def _end(
    work: ExportJob, state: str, *, name: str | None = None, media_type: str | None = None, error: str | None = None
) -> None:
    """Ends the export. Raises LeaseLost if this worker no longer holds the claim."""
    (finished,) = await db.call(
        "select oneai.finish_export(%s, %s, %s, %s, %s, %s)",
        [work.id, work.worker, state, name, media_type, error],
    )
    if not finished:
        raise LeaseLost
