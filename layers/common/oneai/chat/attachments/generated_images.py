"""Images that a model drew: put into the storage before anybody hears that the answer has ended."""

import asyncio
import base64
import binascii
from typing import Any

from oneai import files, log
from oneai.chat.turn.answer import Answer
from oneai.clients import s3
from oneai.errors import OneAIError

# Nobody waits longer than this for images to be stored; less where the process is about to end.
SECONDS_TO_STORE = 5.0
SECONDS_AT_THE_END = 1.5


async def kept(answer: Answer, *, hurried: bool) -> list[dict[str, Any] | str]:
    """The answer's images as its metadata keeps them: where they are; or themselves, where they could not be stored in
    time: an answer that was drawn is not lost because the storage is away."""
    try:
        async with asyncio.timeout(SECONDS_AT_THE_END if hurried else SECONDS_TO_STORE):
            return await asyncio.gather(*(_kept(answer, n, url) for n, url in enumerate(answer.images)))
    except (OneAIError, TimeoutError):
        log.exception("an answer keeps its images itself", message_id=answer.turn.message_id)
        return list(answer.images)


async def _kept(answer: Answer, n: int, url: str) -> dict[str, Any] | str:
    data = _bytes(url)
    media_type = files.image_type(data)
    if media_type is None:
        return url
    turn = answer.turn
    # Noted first, so that it goes again if the answer never comes to show it.
    key = f"users/{turn.person.user_id}/messages/{turn.message_id}/drawn-{n}.{files.EXTENSIONS[media_type]}"
    await files.note(key)
    await s3.put(key, data, media_type)
    return {"key": key, "media_type": media_type, "size": len(data)}


def _bytes(url: str) -> bytes:
    """What a data URL holds; nothing for anything else."""
    head, _, encoded = url.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        return b""
    try:
        return base64.b64decode(encoded)
    except binascii.Error:
        return b""
