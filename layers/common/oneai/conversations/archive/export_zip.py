"""Adds all of a user's conversations to a zip file, each as JSON and as markdown, and the `index.json` that lists
them."""

import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from oneai.conversations.archive import export_reader, file_names
from oneai.conversations.archive.document import ArchiveEntry, ExportHeader
from oneai.conversations.archive.export_reader import FORMATS, Owner
from oneai.errors import NotFound

LISTED_AT_ONCE = 500
ARCHIVE_FORMAT = "oneai.export"
LISTED: LiteralString = """
    select id, created_at, case when %s then (
      select count(*) from oneai.conversations where user_id = %s and not temporary) else 0 end as total
    from oneai.conversations
    where user_id = %s and not temporary and created_at <= %s and (created_at, id) > (%s, %s)
    order by created_at, id limit %s
"""
# The same for those that wait in a team that the user left.
WAITING: LiteralString = """
    select id, created_at, case when %s then (
      select count(*) from oneai.conversations_of_departure(%s)) else 0 end as total
    from oneai.conversations_of_departure(%s)
    where created_at <= %s and (created_at, id) > (%s, %s)
    order by created_at, id limit %s
"""


@dataclass
class _ConversationRow:
    id: UUID
    created_at: datetime
    total: int = 0


async def add_conversations(
    archive: zipfile.ZipFile,
    principal: Owner,
    until: datetime,
    *,
    report_progress: Callable[[int], None],
    also: Callable[[UUID], Awaitable[None]] | None = None,
) -> None:
    """Adds the conversations that existed at `until`, except those that concurrent requests delete.

    `report_progress` receives the percentage after each one, at most 99; `also` adds other files of a conversation.
    """
    entries: list[ArchiveEntry] = []
    position = 0
    async for row in _conversations(principal, until):
        position += 1
        try:
            header = await export_reader.load_header(principal, row.id)
        except NotFound:
            continue
        entries.append(await _add(principal, archive, header))
        if also is not None:
            await also(row.id)
        report_progress(min(99, position * 100 // max(row.total, 1)))
    index = {"format": ARCHIVE_FORMAT, "version": 1, "exported_at": until.isoformat()}
    listing = [entry.model_dump(mode="json") for entry in entries]
    archive.writestr("index.json", json.dumps({**index, "conversations": listing}, ensure_ascii=False, indent=1))


async def _add(principal: Owner, archive: zipfile.ZipFile, header: ExportHeader) -> ArchiveEntry:
    conversation = header.conversation
    for file_format in (FORMATS["json"], FORMATS["markdown"]):
        with archive.open(
            file_names.entry_name(conversation.title, conversation.id, file_format.extension), "w"
        ) as entry:
            async for piece in export_reader.render_pieces(principal, header, file_format):
                entry.write(piece.encode())
    return ArchiveEntry(
        id=conversation.id,
        title=conversation.title,
        created_at=conversation.created_at,
        last_message_at=conversation.last_message_at,
        json_file=file_names.entry_name(conversation.title, conversation.id, FORMATS["json"].extension),
        markdown_file=file_names.entry_name(conversation.title, conversation.id, FORMATS["markdown"].extension),
    )


async def _conversations(principal: Owner, until: datetime) -> AsyncIterator[_ConversationRow]:
    """The owner's conversations at the time of the request, oldest first, without temporary ones."""
    of = principal.departure_id or principal.user_id
    total, after = 0, _ConversationRow(UUID(int=0), datetime.fromisoformat("0001-01-02T00:00:00+00:00"))
    while True:
        rows = await export_reader.read_as_owner(
            principal,
            LISTED if principal.departure_id is None else WAITING,
            [total == 0, of, of, until, after.created_at, after.id, LISTED_AT_ONCE],
            _ConversationRow,
        )
        if not rows:
            return
        total = total or rows[0].total
        for row in rows:
            yield _ConversationRow(row.id, row.created_at, total)
        after = rows[-1]
