"""Images that a model generated: stored before any client learns that the answer has ended."""

import asyncio
import base64
import binascii
from typing import Any

from oneai import files, log
from oneai.chat.turn.answer import Answer
from oneai.clients import s3
from oneai.errors import OneAIError

# The end of an answer waits this long at most for its images to be stored; less where the process is about to end.
SECONDS_TO_STORE = 5.0
SECONDS_AT_THE_END = 1.5


async def store(answer: Answer, *, hurried: bool) -> list[dict[str, Any] | str]:
    """Stores the answer's images and returns them as its metadata has them: where they are, or the data URLs themselves
    where storing failed or took too long, so that an answer is not lost because the storage is down."""
    try:
        async with asyncio.timeout(SECONDS_AT_THE_END if hurried else SECONDS_TO_STORE):
            return await asyncio.gather(*(_store_image(answer, n, url) for n, url in enumerate(answer.images)))
    except (OneAIError, TimeoutError):
        log.exception("an answer keeps its images itself", message_id=answer.turn.message_id)
        return list(answer.images)


async def _store_image(answer: Answer, n: int, url: str) -> dict[str, Any] | str:
    data = _decode(url)
    media_type = files.image_type(data)
    if media_type is None:
        return url
    turn = answer.turn
    # Recorded before it is stored, so that it is removed if the answer never refers to it.
    key = f"users/{turn.person.user_id}/messages/{turn.message_id}/drawn-{n}.{files.EXTENSIONS[media_type]}"
    await files.enqueue_removal(key)
    await s3.put(key, data, media_type)
    return {"key": key, "media_type": media_type, "size": len(data)}


def _decode(url: str) -> bytes:
    """The bytes of a data URL; empty for anything else."""
    head, _, encoded = url.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        return b""
    try:
        return base64.b64decode(encoded)
    except binascii.Error:
        return b""
