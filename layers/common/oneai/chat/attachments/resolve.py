"""What is sent along with a question: found, read and judged before anything is stored, stored before it is asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from oneai import files
from oneai.chat.attachments.content_parts import IMAGE_TOKENS, IMAGES_BYTES, Stored, all_see, as_text, is_image
from oneai.chat.attachments.schema import Attachment
from oneai.chat.turn.question import Question
from oneai.clients import s3
from oneai.clients.openrouter import Model
from oneai.errors import BodyTooLarge, InvalidRequest, NotFound
from oneai.field_errors import invalid
from oneai.files import Upload
from oneai.postgres import db
from oneai.postgres.db import Person
from oneai.text import as_message

TEXT_BYTES = 1_000_000
# `oneai.reserve_answer` counts a token for every three bytes.
BYTES_PER_TOKEN = 3


@dataclass(eq=False)
class Attached:
    """What comes with one question, shared by all answers to it. `stored` is how the question's metadata keeps it;
    `at_hand` has the bytes of images by key, `copies` where those that came as uploads are. `again`: it came with the
    question before."""

    person: Person
    stored: list[Stored] = field(default_factory=list)
    at_hand: dict[str, bytes] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    uploads: list[UUID] = field(default_factory=list)
    again: bool = False
    _keeping: "asyncio.Task[None] | None" = None

    def prompt_bytes(self) -> int:
        """What it adds to the prompt, for the estimate of what an answer may cost: images by a fixed count."""
        text = len(as_text("", self.stored, sees=True).encode())
        return text + sum(map(is_image, self.stored)) * IMAGE_TOKENS * BYTES_PER_TOKEN

    def characters(self) -> int:
        """How much text comes along."""
        return sum(len(each["text"]) for each in self.stored if isinstance(each.get("text"), str))

    def refusal(self, models: Sequence[Model], named_in: str) -> InvalidRequest | None:
        """What refuses it for these models, of which any may come to answer: images want all of them to see.

        `named_in`: the field that names them, which is what is wrong where nothing else was sent along anew.
        """
        first = next((place for place, each in enumerate(self.stored) if is_image(each)), None)
        if first is None or all_see(models):
            return None
        blind = next(model.id for model in models if not all_see([model]))
        return invalid(named_in if self.again else f"attachments.{first}", "no_vision", f"{blind} cannot see images.")

    async def keep(self) -> None:
        """Stores the images, once for all answers that wait for it. Raises Busy."""
        if not (self.at_hand or self.uploads):
            return
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep())
        await asyncio.shield(self._keeping)

    async def _keep(self) -> None:
        types = {each["key"]: each["media_type"] for each in self.stored if "key" in each}
        await asyncio.gather(
            *(
                s3.copy(self.copies[key], key) if key in self.copies else s3.put(key, data, types[key])
                for key, data in self.at_hand.items()
            )
        )
        if self.uploads:
            await files.use(self.person, self.uploads)


async def resolve(person: Person, answer_id: UUID, question: Question) -> Attached:
    """What the question brings: its own attachments, or where it has none, those of the question it is asked in place
    of, or that is answered anew. Raises InvalidRequest naming what is wrong, Busy.
    """
    if question.attachments is None:
        return Attached(person, await _of_before(person, question), again=True)
    if question.regenerate_of is not None:
        raise invalid(
            "attachments", "excluded", "An answer given anew is to the same question, with what came along then."
        )
    uploads = await files.find(person, [each.upload_id for each in question.attachments if each.upload_id])
    attached = Attached(person, uploads=list(uploads))
    sizes = [len(each.image[1]) for each in question.attachments if each.image]
    if sum(sizes) + sum(each.size for each in uploads.values() if _is_picture(each)) > IMAGES_BYTES:
        raise invalid("attachments", "too_large", f"Images have {IMAGES_BYTES} bytes together at most.")
    folder = f"users/{person.user_id}/messages/{answer_id}"
    found = await asyncio.gather(
        *(
            _read(f"attachments.{place}", each, uploads, f"{folder}/sent-{place}", attached)
            for place, each in enumerate(question.attachments)
        )
    )
    attached.stored = list(found)
    _must_be_readable_again(question.message or "", attached.stored)
    return attached


async def _read(field_name: str, sent: Attachment, uploads: dict[UUID, Upload], key: str, attached: Attached) -> Stored:
    """The attachment as it is stored; `key` gets the extension of its type."""
    if sent.text is not None:
        size = len(sent.text.encode("utf-8", "replace"))
        return {
            "type": "text",
            "name": sent.name or "text",
            "media_type": "text/plain",
            "size": size,
            "text": sent.text,
        }
    if sent.upload_id is not None:
        return await _read_upload(f"{field_name}.upload_id", sent, uploads.get(sent.upload_id), key, attached)
    if sent.image is None:
        return {"type": "image", "name": sent.name or "image", "url": sent.url}
    media_type, data = sent.image
    return _keep_image(key, sent.name or "image", media_type, data, attached)


async def _read_upload(
    field_name: str, sent: Attachment, upload: Upload | None, key: str, attached: Attached
) -> Stored:
    if upload is None:
        raise invalid(field_name, "unknown_upload", "There is no such upload.")
    kind = "image" if _is_picture(upload) else files.kind_of(upload.media_type)
    if kind == "import" or sent.type not in (kind, "file"):
        raise invalid(
            field_name, "unsupported_type", f"This upload is {upload.media_type}, which cannot be sent along like that."
        )
    if kind == "text" and upload.size > TEXT_BYTES:
        raise invalid(field_name, "too_large", f"A text sent along has {TEXT_BYTES} bytes at most.")
    try:
        data = await s3.get(upload.key, most=upload.size)
    except NotFound:
        raise invalid(field_name, "not_uploaded", "The file was not sent yet.") from None
    except BodyTooLarge:
        raise invalid(field_name, "content_mismatch", "The file is not the one that was announced.") from None
    name = sent.name or upload.name
    if kind == "image":
        if len(data) != upload.size or files.image_type(data) != upload.media_type:
            raise invalid(field_name, "content_mismatch", f"The file is not {upload.media_type}.")
        stored = _keep_image(key, name, upload.media_type, data, attached)
        attached.copies[stored["key"]] = upload.key
        return {**stored, "upload_id": str(upload.id)}
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid(field_name, "not_text", "The file is not text in UTF-8.") from None
    told = {"type": "text", "name": name, "media_type": upload.media_type, "size": upload.size}
    return {**told, "text": text.replace("\0", "\ufffd"), "upload_id": str(upload.id)}


def _keep_image(key: str, name: str, media_type: str, data: bytes, attached: Attached) -> Stored:
    key = f"{key}.{files.EXTENSIONS[media_type]}"
    attached.at_hand[key] = data
    return {"type": "image", "name": name, "media_type": media_type, "size": len(data), "key": key}


def _is_picture(upload: Upload) -> bool:
    return files.kind_of(upload.media_type) == "image"


def _must_be_readable_again(message: str, stored: Sequence[Stored]) -> None:
    try:
        as_message("\n".join([message or "-", *(each["text"] for each in stored if "text" in each)]))
    except ValueError:
        raise invalid("attachments", "too_long", "The texts sent along are too long.") from None


@dataclass
class _Before:
    attachments: list[Stored] | None


async def _of_before(person: Person, question: Question) -> list[Stored]:
    """What came with the question that is edited, or whose answer is given anew; nothing where it is not theirs."""
    if question.edit_of is None and question.regenerate_of is None:
        return []
    rows = await db.read_as(
        person,
        """
        select m.metadata -> 'attachments' as attachments from oneai.chat_messages as m
        where m.user_id = %s and m.role = 'user' and m.id = coalesce(%s, (
          select a.parent_message_id from oneai.chat_messages as a where a.id = %s and a.user_id = m.user_id))
        """,
        [person.user_id, question.edit_of, question.regenerate_of],
        _Before,
    )
    return [each for row in rows for each in row.attachments or [] if isinstance(each, dict)]
