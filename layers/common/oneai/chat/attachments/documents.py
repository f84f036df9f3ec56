"""Attachments whose text must be extracted: uploads that are read like documents."""

from dataclasses import dataclass
from uuid import UUID

from oneai import files
from oneai.chat.attachments.content_parts import StoredAttachment
from oneai.postgres import db
from oneai.postgres.db import Principal


@dataclass(frozen=True)
class DocumentUpload:
    """An upload that is read like a document. `oneai.require_attached` decides under a lock whether it is ready."""

    id: UUID
    name: str
    media_type: str
    size: int

    def item(self, name: str | None) -> StoredAttachment:
        """The attachment in a question's metadata: its name, without its text."""
        return {
            "type": "file",
            "name": name or self.name,
            "media_type": self.media_type,
            "size": self.size,
            "upload_id": str(self.id),
            "document_id": str(self.id),
        }


async def find_document_uploads(principal: Principal, ids: list[UUID]) -> dict[UUID, DocumentUpload]:
    """The uploads among `ids` that are read like documents and that the user may read: valid for a day, and while a
    conversation uses them. `oneai.require_attached` decides whether they are in the conversation's workspace."""
    if not ids:
        return {}
    rows = await db.read_as(
        principal,
        """
        select d.id, d.name, d.media_type, d.size from oneai.documents as d
        where d.id = any(%s) and d.attached
          and (d.conversation_id is not null or d.created_at > oneai.now() - %s)
        """,
        [ids, files.LIFETIME],
        DocumentUpload,
    )
    return {each.id: each for each in rows}
