"""The job that writes exports: piece by piece into a temporary file, then to the storage."""

import json
import tempfile
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, NamedTuple
from uuid import UUID, uuid4

from oneai import log
from oneai.clients import s3
from oneai.conversations.archive import export_reader, file_names
from oneai.conversations.archive.document import ArchiveEntry, ExportHeader
from oneai.conversations.archive.export_reader import FORMATS, Owner
from oneai.conversations.archive.exports import key
from oneai.conversations.archive.lease import LeaseLost, run_with_lease
from oneai.conversations.archive.render import ExportFormat
from oneai.errors import NotFound, OneAIError
from oneai.postgres import db

# Concurrent exports of all workers.
AT_ONCE = 2
LISTED_AT_ONCE = 500
ARCHIVE_FORMAT = "oneai.export"


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
    progress: int = 0


class DownloadInfo(NamedTuple):
    """The name and type of the downloaded file."""

    name: str
    media_type: str


# Writers for formats that do not export conversations.
type ExportWriters = Mapping[str, Callable[[ExportJob, IO[bytes]], Awaitable[DownloadInfo]]]


@dataclass
class _ExpiredRow:
    id: UUID
    user_id: UUID


@dataclass
class _ConversationRow:
    id: UUID
    created_at: datetime
    total: int = 0


async def write_next(others: ExportWriters, worker: UUID | None = None) -> bool:
    """Claims, writes and stores the oldest queued export; returns whether there was one. `others` by format.

    A failed export stays claimed until its lease ends, and is retried then.
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
        await _end(work, "failed", error="The conversation is no longer there.")
    except (OneAIError, OSError):  # OSError: this worker's own disk
        log.exception("an export could not be written", export_id=work.id)
    return True


async def expire_exports() -> int:
    """Deletes expired files, and rows of ended transfers older than 30 days; returns how many files."""
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
        select id, user_id, conversation_id, format, created_at, worker, since, until from oneai.claim_export(%s, %s)
        """,
        [worker, AT_ONCE],
    )
    return ExportJob(*row) if row else None


async def _write(work: ExportJob, others: ExportWriters) -> None:
    person = Owner(work.user_id)
    with tempfile.TemporaryFile() as file:
        if work.format in others:
            info = await others[work.format](work, file)
        elif work.conversation_id is None:
            info = await _write_all(person, work, file)
        else:
            info = await _write_one(person, work.conversation_id, FORMATS[work.format], file)
        file.seek(0)
        await s3.put(key(work.user_id, work.id), file, info.media_type)
    await _end(work, "done", name=info.name, media_type=info.media_type)


async def _write_one(person: Owner, conversation_id: UUID, file_format: ExportFormat, file: IO[bytes]) -> DownloadInfo:
    header = await export_reader.load_header(person, conversation_id)
    async for piece in export_reader.render_pieces(person, header, file_format):
        file.write(piece.encode())
    name = file_names.file_name(header.conversation.title, file_format.extension)
    return DownloadInfo(name=name, media_type=file_format.media_type)


async def _write_all(person: Owner, work: ExportJob, file: IO[bytes]) -> DownloadInfo:
    """A zip of every conversation as JSON and markdown, with an `index.json` that lists them."""
    entries: list[ArchiveEntry] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        position = 0
        async for row in _conversations(person, work.created_at):
            position += 1
            try:
                header = await export_reader.load_header(person, row.id)
            except NotFound:
                continue  # deleted in the meantime
            entries.append(await _add(person, archive, header))
            work.progress = min(99, position * 100 // max(row.total, 1))
        index = {"format": ARCHIVE_FORMAT, "version": 1, "exported_at": work.created_at.isoformat()}
        listing = [entry.model_dump(mode="json") for entry in entries]
        archive.writestr("index.json", json.dumps({**index, "conversations": listing}, ensure_ascii=False, indent=1))
    return DownloadInfo(name=f"conversations-{work.created_at:%Y-%m-%d}.zip", media_type="application/zip")


async def _add(person: Owner, archive: zipfile.ZipFile, header: ExportHeader) -> ArchiveEntry:
    conversation = header.conversation
    for file_format in (FORMATS["json"], FORMATS["markdown"]):
        with archive.open(
            file_names.entry_name(conversation.title, conversation.id, file_format.extension), "w"
        ) as entry:
            async for piece in export_reader.render_pieces(person, header, file_format):
                entry.write(piece.encode())
    return ArchiveEntry(
        id=conversation.id,
        title=conversation.title,
        created_at=conversation.created_at,
        last_message_at=conversation.last_message_at,
        json_file=file_names.entry_name(conversation.title, conversation.id, FORMATS["json"].extension),
        markdown_file=file_names.entry_name(conversation.title, conversation.id, FORMATS["markdown"].extension),
    )


async def _conversations(person: Owner, until: datetime) -> AsyncIterator[_ConversationRow]:
    """The user's conversations at the time of the request, oldest first, without temporary ones."""
    total, after = 0, _ConversationRow(UUID(int=0), datetime.fromisoformat("0001-01-02T00:00:00+00:00"))
    while True:
        rows = await db.read_as(
            person,
            """
            select id, created_at, case when %s then (
              select count(*) from oneai.conversations where user_id = %s and not temporary) else 0 end as total
            from oneai.conversations
            where user_id = %s and not temporary and created_at <= %s and (created_at, id) > (%s, %s)
            order by created_at, id limit %s
            """,
            [total == 0, person.user_id, person.user_id, until, after.created_at, after.id, LISTED_AT_ONCE],
            _ConversationRow,
        )
        if not rows:
            return
        total = total or rows[0].total
        for row in rows:
            yield _ConversationRow(row.id, row.created_at, total)
        after = rows[-1]


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
    """Ends the export if this worker still holds the claim. The file can be downloaded for a day."""
    rows = await db.as_service(
        """
        update oneai.exports
        set state = %s, name = %s, media_type = %s, error = %s, leased_until = null,
          progress = case when %s = 'done' then 100 else progress end, expires_at = oneai.now() + interval '1 day'
        where id = %s and worker = %s and state = 'running' returning id
        """,
        [state, name, media_type, error, state, work.id, work.worker],
        dict,
    )
    if not rows:
        raise LeaseLost
