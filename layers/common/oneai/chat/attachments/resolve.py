"""Reads and validates the attachments of a question before admission, and stores them before the model is called."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from oneai import files
from oneai.chat.attachments.content_parts import (
    IMAGES_BYTES,
    StoredAttachment,
    all_support_vision,
    as_text,
    is_image,
)
from oneai.chat.attachments.documents import DocumentUpload, find_document_uploads
from oneai.chat.attachments.schema import Attachment
from oneai.chat.turn.question import Question
from oneai.clients import s3
from oneai.errors import BodyTooLarge, InvalidRequest, NotFound
from oneai.field_errors import invalid
from oneai.files import Upload
from oneai.models import Model
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.prompt_size import IMAGE_BYTES, serialised_bytes
from oneai.text import message_text

TEXT_BYTES = 1_000_000


@dataclass(eq=False)
class ResolvedAttachments:
    """The attachments of one question, shared by all its answers.

    `items` are in the form of the question's metadata. `loaded` has the bytes of images by key, `upload_keys` the
    storage keys of attachments that are uploads, and `documents` the uploads that are read like documents, by field
    name. `inherited`: they belong to an earlier question.
    """

    principal: Principal
    items: list[StoredAttachment] = field(default_factory=list)
    loaded: dict[str, bytes] = field(default_factory=dict)
    upload_keys: dict[str, str] = field(default_factory=dict)
    uploads: list[UUID] = field(default_factory=list)
    documents: dict[str, UUID] = field(default_factory=dict)
    inherited: bool = False
    _storing: "asyncio.Task[None] | None" = None

    def prompt_bytes(self) -> int:
        """Their part of the prompt in bytes, to estimate the maximum cost of an answer; each image has a fixed size."""
        text = serialised_bytes(as_text("", self.items, supports_vision=True)) if self.items else 0
        return text + sum(map(is_image, self.items)) * IMAGE_BYTES

    def characters(self) -> int:
        """The length of all attached texts."""
        return sum(len(item["text"]) for item in self.items if isinstance(item.get("text"), str))

    def vision_refusal(self, models: Sequence[Model], model_field: str) -> InvalidRequest | None:
        """The refusal of images if any of these models does not support vision, because each may answer.

        `model_field` is the field with the models; it is the invalid field if the images are inherited.
        """
        first = next((n for n, item in enumerate(self.items) if is_image(item)), None)
        if first is None or all_support_vision(models):
            return None
        model = next(model for model in models if not all_support_vision([model]))
        field_name = model_field if self.inherited else f"attachments.{first}"
        return invalid(field_name, "no_vision", f"{model.name} cannot see images.")

    async def store(self) -> None:
        """Stores the images, once for all answers that wait for them. Raises Busy."""
        if not (self.loaded or self.uploads):
            return
        if self._storing is None:
            self._storing = asyncio.create_task(self._store())
        await asyncio.shield(self._storing)

    async def _store(self) -> None:
        types = {item["key"]: item["media_type"] for item in self.items if "key" in item}
        await asyncio.gather(
            *(
                s3.copy(self.upload_keys[key], key) if key in self.upload_keys else s3.put(key, data, types[key])
                for key, data in self.loaded.items()
            )
        )
        if self.uploads:
            await files.mark_used(self.principal, self.uploads)


async def resolve(principal: Principal, answer_id: UUID, question: Question) -> ResolvedAttachments:
    """The question's own attachments; if the field is absent, those of the question that is edited or answered again.
    Raises InvalidRequest with the invalid field, Busy.
    """
    if question.attachments is None:
        return ResolvedAttachments(principal, await _inherited_items(principal, question), inherited=True)
    if question.regenerate_of is not None:
        raise invalid("attachments", "excluded", "A regenerated answer uses the attachments of its question.")
    upload_ids = [each.upload_id for each in question.attachments if each.upload_id]
    uploads = await files.find_uploads(principal, upload_ids)
    documents = await find_document_uploads(principal, [each for each in upload_ids if each not in uploads])
    resolved = ResolvedAttachments(principal, uploads=list(uploads))
    sizes = [len(each.image[1]) for each in question.attachments if each.image]
    if sum(sizes) + sum(each.size for each in uploads.values() if _is_image(each)) > IMAGES_BYTES:
        raise invalid("attachments", "too_large", f"All images together may have at most {IMAGES_BYTES} bytes.")
    folder = f"users/{principal.user_id}/messages/{answer_id}"
    items = await asyncio.gather(
        *(
            _read(f"attachments.{n}", attachment, uploads | documents, f"{folder}/sent-{n}", resolved)
            for n, attachment in enumerate(question.attachments)
        )
    )
    resolved.items = list(items)
    _check_storable(question.message or "", resolved.items)
    return resolved


async def _read(
    field_name: str,
    attachment: Attachment,
    uploads: dict[UUID, Upload | DocumentUpload],
    key: str,
    resolved: ResolvedAttachments,
) -> StoredAttachment:
    """The attachment in its stored form; `key` gets the file extension of its type."""
    if attachment.text is not None:
        size = len(attachment.text.encode("utf-8", "replace"))
        return {
            "type": "text",
            "name": attachment.name or "text",
            "media_type": "text/plain",
            "size": size,
            "text": attachment.text,
        }
    if attachment.upload_id is not None:
        field_name = f"{field_name}.upload_id"
        upload = uploads.get(attachment.upload_id)
        if isinstance(upload, DocumentUpload):
            _check_kind(field_name, attachment, "document", upload.media_type)
            resolved.documents[field_name] = upload.id
            return upload.item(attachment.name)
        return await _read_upload(field_name, attachment, upload, key, resolved)
    if attachment.image is None:
        return {"type": "image", "name": attachment.name or "image", "url": attachment.url}
    media_type, data = attachment.image
    return _add_image(key, attachment.name or "image", media_type, data, resolved)


async def _read_upload(
    field_name: str, attachment: Attachment, upload: Upload | None, key: str, resolved: ResolvedAttachments
) -> StoredAttachment:
    if upload is None:
        raise invalid(field_name, "unknown_upload", "There is no such upload.")
    kind = files.kind_of(upload.media_type)
    _check_kind(field_name, attachment, kind, upload.media_type)
    if kind == "text" and upload.size > TEXT_BYTES:
        raise invalid(field_name, "too_large", f"An attached text may have at most {TEXT_BYTES} bytes.")
    try:
        data = await s3.get(upload.key, max_bytes=upload.size)
    except NotFound:
        raise invalid(field_name, "not_uploaded", "The file has not been uploaded yet.") from None
    except BodyTooLarge:
        raise invalid(field_name, "content_mismatch", "The file does not match its upload.") from None
    name = attachment.name or upload.name
    if kind == "image":
        if len(data) != upload.size or files.image_type(data) != upload.media_type:
            raise invalid(field_name, "content_mismatch", f"The file is not {upload.media_type}.")
        item = _add_image(key, name, upload.media_type, data, resolved)
        resolved.upload_keys[item["key"]] = upload.key
        return {**item, "upload_id": str(upload.id)}
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid(field_name, "not_text", "The file is not text in UTF-8.") from None
    return {
        "type": "text",
        "name": name,
        "media_type": upload.media_type,
        "size": upload.size,
        "text": text.replace("\0", "\ufffd"),
        "upload_id": str(upload.id),
    }


def _check_kind(field_name: str, attachment: Attachment, kind: files.FileKind | None, media_type: str) -> None:
    if kind == "import" or attachment.type not in (kind, "file"):
        raise invalid(
            field_name,
            "unsupported_type",
            f"This upload is {media_type}, which this type of attachment does not support.",
        )


def _add_image(key: str, name: str, media_type: str, data: bytes, resolved: ResolvedAttachments) -> StoredAttachment:
    key = f"{key}.{files.EXTENSIONS[media_type]}"
    resolved.loaded[key] = data
    return {"type": "image", "name": name, "media_type": media_type, "size": len(data), "key": key}


def _is_image(upload: Upload) -> bool:
    return files.kind_of(upload.media_type) == "image"


def _check_storable(message: str, items: Sequence[StoredAttachment]) -> None:
    """Refuses attached texts whose total length exceeds the limit of `as_message`."""
    try:
        message_text("\n".join([message or "-", *(item["text"] for item in items if "text" in item)]))
    except ValueError:
        raise invalid("attachments", "too_long", "The attached texts are too long.") from None


@dataclass
class _InheritedRow:
    attachments: list[StoredAttachment] | None


async def _inherited_items(principal: Principal, question: Question) -> list[StoredAttachment]:
    """The attachments of the question that is edited or answered again; empty if it belongs to another user."""
    if question.edit_of is None and question.regenerate_of is None:
        return []
    rows = await db.read_as(
        principal,
        """
        select m.metadata -> 'attachments' as attachments from oneai.chat_messages as m
        where m.user_id = %s and m.role = 'user' and m.id = coalesce(%s, (
          select a.parent_message_id from oneai.chat_messages as a where a.id = %s and a.user_id = m.user_id))
        """,
        [principal.user_id, question.edit_of, question.regenerate_of],
        _InheritedRow,
    )
    return [item for row in rows for item in row.attachments or [] if isinstance(item, dict)]
