"""Images that a model generated: labelled as they arrive, stored before a client learns that the answer has ended."""

import asyncio
import base64
import binascii
from typing import Any
from uuid import UUID

from oneai import files, log
from oneai.chat.attachments import provenance
from oneai.chat.turn.answer import Answer
from oneai.clients import s3
from oneai.errors import NotFound, OneAIError
from oneai.postgres import db
from oneai.postgres.db import Principal

# The end of an answer waits at most this long for its images to be stored; less if the process is about to end.
SECONDS_TO_STORE = 5.0
SECONDS_AT_THE_END = 1.5


def label(url: str) -> str:
    """The data URL with the image labelled as AI-generated; any other address is unchanged."""
    data = _decode(url)
    media_type = files.image_type(data)
    return _data_url(provenance.label(data, media_type), media_type) if media_type else url


async def store(answer: Answer, *, hurried: bool) -> list[dict[str, Any] | str]:
    """Stores the answer's images and returns them for its metadata: their locations, or the data URLs if storing failed
    or took too long, so that an outage of the storage loses no answer."""
    try:
        async with asyncio.timeout(SECONDS_AT_THE_END if hurried else SECONDS_TO_STORE):
            return await asyncio.gather(*(_store_image(answer, n, url) for n, url in enumerate(answer.images)))
    except (OneAIError, TimeoutError):
        log.exception("an answer stores its images inline", message_id=answer.turn.message_id)
        return list(answer.images)


async def load(principal: Principal, message_id: UUID) -> list[str]:
    """The images of a stored answer that the user may read as data URLs. Raises Busy, and NotFound if they were
    deleted."""
    rows = await db.read_as(
        principal,
        "select user_id, metadata -> 'images' as images from oneai.chat_messages where id = %s",
        [message_id],
        dict,
    )
    return await asyncio.gather(*(_load_image(row["user_id"], image) for row in rows for image in row["images"] or ()))


async def _load_image(author: UUID | None, image: dict[str, Any] | str) -> str:
    if isinstance(image, str):
        return image
    if not files.is_owned(author, image["key"]):
        raise NotFound
    data = await s3.get(image["key"], max_bytes=image["size"])
    return _data_url(data, image["media_type"])


async def _store_image(answer: Answer, n: int, url: str) -> dict[str, Any] | str:
    data = _decode(url)
    media_type = files.image_type(data)
    if media_type is None:
        return url
    turn = answer.turn
    # Recorded before it is stored, so that it is removed if the answer never references it.
    key = f"users/{turn.principal.user_id}/messages/{turn.message_id}/drawn-{n}.{files.EXTENSIONS[media_type]}"
    await files.enqueue_removal(key)
    await s3.put(key, data, media_type)
    return {"key": key, "media_type": media_type, "size": len(data)}


def _data_url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _decode(url: str) -> bytes:
    """The bytes of a data URL; empty for anything else."""
    head, _, encoded = url.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        return b""
    try:
        return base64.b64decode(encoded)
    except binascii.Error:
        return b""
