"""Files sent along whose text has to be extracted: uploads that are read as documents are."""

from dataclasses import dataclass
from uuid import UUID

from oneai import files
from oneai.chat.attachments.content_parts import StoredAttachment
from oneai.postgres import db
from oneai.postgres.db import Person


@dataclass(frozen=True)
class DocumentUpload:
    """Such an upload. Whether a question may name it yet is decided under a lock, by `oneai.require_attached`."""

    id: UUID
    name: str
    media_type: str
    size: int

    def item(self, name: str | None) -> StoredAttachment:
        """As a question's metadata stores it: by name, without its text."""
        return {
            "type": "file",
            "name": name or self.name,
            "media_type": self.media_type,
            "size": self.size,
            "upload_id": str(self.id),
            "document_id": str(self.id),
        }


async def find_document_uploads(person: Person, ids: list[UUID]) -> dict[UUID, DocumentUpload]:
    """The user's uploads among `ids` that are read as documents: for a day, and while a conversation has them."""
    if not ids:
        return {}
    rows = await db.read_as(
        person,
        """
        select d.id, d.name, d.media_type, d.size from oneai.documents as d
        where d.id = any(%s) and d.owner_id = %s and d.attached
          and (d.conversation_id is not null or d.created_at > oneai.now() - %s)
        """,
        [ids, person.user_id, files.LIFETIME],
        DocumentUpload,
    )
    return {each.id: each for each in rows}
