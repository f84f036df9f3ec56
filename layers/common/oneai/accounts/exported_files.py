"""The files in an export: documents, attachments of questions, and images that models generated."""

import base64
import binascii
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import UUID

from oneai import files
from oneai.clients import s3
from oneai.conversations.archive import Owner, read_as_owner
from oneai.documents import object_key
from oneai.errors import NotFound
from oneai.postgres import db

PIECE_BYTES = 1_048_576
# Larger than any upload or answer.
FILE_BYTES = 200_000_000
# The limit for all files in one export. S3 accepts 5 GB in one request, and the worker's disk has room for it.
EXPORT_BYTES = 4_000_000_000


@dataclass
class _FileRow:
    message_id: UUID
    file: Any


@dataclass
class _DocumentRow:
    id: UUID
    name: str
    stored_in: UUID
    described: dict[str, Any]


# A file extension for names in the zip file: only letters and digits.
ENDING_CHARACTERS = 10


class FileAdder:
    """Adds documents and the files of each conversation to `archive`. `listing` maps the files of conversations to
    their names in the archive."""

    def __init__(self, archive: zipfile.ZipFile, principal: Owner) -> None:
        self._archive, self._principal = archive, principal
        self._bytes = 0
        self.listing: list[dict[str, Any]] = []

    async def add_of_conversation(self, conversation_id: UUID) -> None:
        """Adds the files of a conversation in the order of its messages. The list marks files that are missing in the
        storage, and files that are left out because the export already has EXPORT_BYTES."""
        rows = await read_as_owner(
            self._principal,
            """
            select m.id as message_id, f.file from (
              select id, sequence_number, revision_number, metadata from oneai.chat_messages
              where conversation_id = %s and user_id = %s and metadata ?| array['attachments', 'images']
            ) as m cross join lateral (
              select jsonb_path_query(m.metadata, '$.attachments[*]') as file
              union all select jsonb_path_query(m.metadata, '$.images[*]')
            ) as f
            order by m.sequence_number, m.revision_number
            """,
            [conversation_id, self._principal.user_id],
            _FileRow,
        )
        for row in rows:
            await self._add(conversation_id, row)

    async def add_documents(self) -> list[dict[str, Any]]:
        """Adds the files of all documents, including those attached to conversations. Returns each document's details
        and whether its file was added, as `add_of_conversation` does."""
        rows = await db.read_as(
            self._principal,
            """
            select d.id, d.name, coalesce(d.stored_in, d.workspace_id) as stored_in,
              jsonb_build_object('id', d.id, 'name', d.name, 'media_type', d.media_type,
              'size', d.size, 'status', d.status, 'description', d.description, 'tags', d.tags,
              'collection', k.name,
              'summary', s.content, 'conversation_id', d.conversation_id, 'created_at', d.created_at) as described
            from oneai.documents as d left join oneai.collections as k on k.id = d.collection_id
            left join oneai.document_summaries as s on s.document_id = d.id
            where d.workspace_id = %s order by d.created_at, d.id
            """,
            [self._principal.workspace_id],
            _DocumentRow,
        )
        return [row.described | await self._add_document(row) for row in rows]

    async def _add_document(self, row: _DocumentRow) -> dict[str, Any]:
        ending = "".join(letter for letter in PurePath(row.name).suffix if letter.isascii() and letter.isalnum())
        name = f"documents/{row.id}" + (f".{ending[:ENDING_CHARACTERS]}" if ending else "")
        return await self._add_within_limit(object_key(row.stored_in, row.id), name)

    async def _add(self, conversation_id: UUID, row: _FileRow) -> None:
        number = len(self.listing) + 1
        entry = {"conversation_id": str(conversation_id), "message_id": str(row.message_id)}
        if isinstance(row.file, str):  # the answer stores its image inline
            data = _decode(row.file)
            name = f"files/{conversation_id}/{number}.{files.EXTENSIONS.get(files.image_type(data) or '', 'bin')}"
            self._archive.writestr(name, data, zipfile.ZIP_STORED)
            self.listing.append(entry | {"file": name, "size": len(data)})
        elif isinstance(row.file, dict) and files.is_owned(self._principal.user_id, row.file.get("key")):
            key, media_type = str(row.file["key"]), str(row.file.get("media_type"))
            name = f"files/{conversation_id}/{number}.{files.EXTENSIONS.get(media_type, 'bin')}"
            described = entry | {"name": row.file.get("name"), "media_type": media_type, "size": row.file.get("size")}
            self.listing.append(described | await self._add_within_limit(key, name))

    async def _add_within_limit(self, key: str, name: str) -> dict[str, Any]:
        """Adds the object as `name` and returns whether it was added or left out."""
        if self._bytes >= EXPORT_BYTES:
            return {"left_out": True}
        return {"file": name} if await self._add_object(key, name) else {"missing": True}

    async def _add_object(self, key: str, name: str) -> bool:
        """Adds the object uncompressed, because images are compressed already. Returns False if it does not exist."""
        with tempfile.TemporaryFile() as copy:
            try:
                size = await s3.fetch(key, copy, max_bytes=FILE_BYTES)
            except NotFound:
                return False
            self._bytes += size
            copy.seek(0)
            info = zipfile.ZipInfo(name)
            info.file_size = size
            with self._archive.open(info, "w") as target:
                while piece := copy.read(PIECE_BYTES):
                    target.write(piece)
        return True


def _decode(url: str) -> bytes:
    """The bytes of a data URL; empty for anything else."""
    try:
        return base64.b64decode(url.partition(",")[2])
    except (binascii.Error, ValueError):
        return b""
