"""Exports of many visitors' conversations as a zip file, which the job in `conversations.archive` runs.

The conversations are chosen once and read in batches, so memory does not grow with what was asked. A process that dies
is followed by another one that starts again. What is deleted until the file is done is not in it: the job asks for that
when it ends the export, and has the file written again otherwise.
"""

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Any, LiteralString
from uuid import UUID

from oneai.chatbots.conversations import ChatbotConversationDetail
from oneai.conversations.archive import DownloadInfo, ExportJob, ExportWriters
from oneai.csv_file import csv_lines
from oneai.errors import NotFound, OneAIError
from oneai.inbox import transcript
from oneai.inbox.transcript import MESSAGE_COLUMNS, Format
from oneai.inbox.visitors import VisitorExport
from oneai.postgres import db

# What one file has at most: those with the newest messages. Pages take longer to lay out than text.
MOST = 100_000
MAX_AS_PDF = 500
BATCH = 100
# Bytes of text in a batch; a single conversation may be larger.
BATCH_BYTES = 4_000_000
READ_SECONDS = 60
# Statuses of errors by which Postgres says that the user may not read this.
REFUSED = (403, 404)
COLUMNS = (
    *("id", "created_at", "last_message_at", "status", "tags", "messages", "csat", "member_rating", "language", "page"),
    *("visitor_id", "external_id", "name", "email", "consent", "consented_at", "charged_micro_usd", "file"),
)


@dataclass
class _Ids:
    ids: list[UUID]


@dataclass
class _Thread:
    place: int
    content: dict[str, Any] | None


async def _write(work: ExportJob, file: IO[bytes]) -> DownloadInfo:
    if work.asked is None or work.workspace_id is None:
        raise NotFound
    if "visitor" in work.asked:
        return await _write_visitor(work, file)
    kind: Format = work.asked["kind"]
    ids = await _chosen(work, MAX_AS_PDF if kind == "pdf" else MOST)
    written: list[UUID] = []
    lines: list[tuple[object, ...]] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind in ("json", "csv"):
            name = "conversations.json" if kind == "json" else "messages.csv"
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(b"[" if kind == "json" else csv_lines([("conversation_id", *MESSAGE_COLUMNS)]).encode())
                async for talk in _talks(work, ids):
                    entry.write(_piece(talk, kind, first=not written))
                    written.append(talk.id)
                    lines.append(_line(talk, name))
                entry.write(b"\n]\n" if kind == "json" else b"")
        else:
            async for talk in _talks(work, ids):
                # In a thread, so that the lease is renewed meanwhile.
                page = await asyncio.to_thread(transcript.render, talk, kind)
                name = f"conversations/{talk.created_at:%Y-%m-%d}-{talk.id}.{page.extension}"
                archive.writestr(name, page.text)
                written.append(talk.id)
                lines.append(_line(talk, name))
        archive.writestr("conversations.csv", csv_lines([COLUMNS, *lines]))
    name = f"inbox-{work.created_at:%Y-%m-%d}.zip"
    return DownloadInfo(name=name, media_type="application/zip", conversations=written)


async def _write_visitor(work: ExportJob, file: IO[bytes]) -> DownloadInfo:
    """Writes all that is stored about one visitor."""
    asked = (work.asked or {})["visitor"]
    try:
        (found,) = await db.call("select oneai.visitor_to_export(%s, %s, -1)", [work.user_id, asked])
    except OneAIError as error:
        if error.status in REFUSED:
            raise NotFound from error
        raise
    start = VisitorExport.model_validate(found | {"conversations": []}).model_dump_json()
    file.write(start.removesuffix("]}").encode())
    written: list[UUID] = []
    async for talk in _talks(work, [UUID(each) for each in found["conversation_ids"]]):
        file.write((("," if written else "") + talk.model_dump_json()).encode())
        written.append(talk.id)
    file.write(b"]}")
    return DownloadInfo(name="visitor.json", media_type="application/json", conversations=written)


WRITERS: ExportWriters = {"inbox": _write}


async def _chosen(work: ExportJob, most: int) -> list[UUID]:
    """The conversations to export. Raises NotFound."""
    asked = json.dumps((work.asked or {})["filter"], ensure_ascii=False)
    rows = await _read(
        "select oneai.inbox_ids_to_export(%s, %s, %s, %s) as ids", [work.user_id, work.workspace_id, asked, most], _Ids
    )
    return rows[0].ids


async def _talks(work: ExportJob, ids: list[UUID]) -> AsyncIterator[ChatbotConversationDetail]:
    """These conversations without those that were deleted meanwhile. Raises NotFound."""
    at = 0
    while at < len(ids):
        batch = await _read(
            "select * from oneai.inbox_threads_to_export(%s, %s, %s, %s)",
            [work.user_id, work.workspace_id, ids[at : at + BATCH], BATCH_BYTES],
            _Thread,
        )
        for thread in batch:
            if thread.content is not None:
                yield ChatbotConversationDetail.model_validate(thread.content)
        at += len(batch)
        work.report_progress(min(99, at * 100 // len(ids)))


async def _read[T](query: LiteralString, parameters: list[Any], row: type[T]) -> list[T]:
    try:
        return await db.as_service(query, parameters, row, seconds=READ_SECONDS)
    except OneAIError as error:
        if error.status in REFUSED:
            raise NotFound from error
        raise


def _piece(talk: ChatbotConversationDetail, kind: Format, *, first: bool) -> bytes:
    """A conversation in a file with all of them."""
    if kind == "json":
        return (("\n" if first else ",\n") + talk.model_dump_json(exclude={"notes"})).encode()
    return csv_lines([(str(talk.id), *row) for row in transcript.message_rows(talk)]).encode()


def _line(talk: ChatbotConversationDetail, file: str) -> tuple[object, ...]:
    """A conversation in the list of all of them."""
    visitor, said = talk.visitor, talk.visitor.introduction
    return (
        *(str(talk.id), talk.created_at.isoformat(), talk.last_message_at.isoformat(), talk.status),
        *(", ".join(talk.tags), talk.messages, talk.csat.score if talk.csat else "", talk.member_rating or ""),
        *(talk.language or "", talk.page or "", str(visitor.id), visitor.external_id or ""),
        visitor.name or (said.name if said else None) or "",
        visitor.email or (said.email if said else None) or "",
        *((said.consent or "", said.consented_at.isoformat() if said.consented_at else "") if said else ("", "")),
        *(talk.charged_micro_usd, file),
    )
