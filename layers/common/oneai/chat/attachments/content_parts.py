"""What a model gets of the things sent along: texts within the prompt, images beside it where it can see.

Stored, an attachment is a dictionary: `type` (image or text), `name`, and as far as there is one `media_type`, `size`,
`text`, `key` (in the storage), `url` (elsewhere). What an import or a fork brought may lack any of them.
"""

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from oneai import files
from oneai.clients import s3
from oneai.clients.openrouter import Model
from oneai.errors import BodyTooLarge, NotFound

# What one image counts, whatever its size: about the most that any of the large providers makes of one.
IMAGE_TOKENS = 1600
# Images of one request together, in bytes: in memory as they are, and thrice on their way to each model. Older ones are
# only named then.
IMAGES_BYTES = 12_000_000

type Stored = Mapping[str, Any]
type Upstream = dict[str, Any]


def all_see(models: Sequence[Model]) -> bool:
    """Whether every one of them can be shown images."""
    return all("image" in model.input_modalities for model in models)


def is_image(attachment: Stored) -> bool:
    """Whether it could be shown to a model that sees."""
    return attachment.get("type") == "image" and ("key" in attachment or "url" in attachment)


def as_text(content: str, attachments: Sequence[Stored], *, sees: bool) -> str:
    """What was said with the texts sent along before it, each with its name and in a fence it does not contain.

    Whatever is neither text nor an image that is shown is only named.
    """
    blocks = []
    for each in attachments:
        name = " ".join(str(each.get("name") or each.get("type") or "file").split())
        text = each.get("text")
        if isinstance(text, str):
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
            blocks.append(f"{name}:\n{fence}\n{text}\n{fence}")
        elif not (sees and is_image(each)):
            blocks.append(f"[{each.get('type') or 'file'}: {name}]")
    return "\n\n".join([*blocks, content] if content else blocks)


def content_of(content: str, attachments: Sequence[Stored], *, sees: bool) -> str | list[Upstream]:
    """The `content` of an upstream message; its images are yet to be loaded."""
    text = as_text(content, attachments, sees=sees)
    images: list[Upstream] = [{"type": "image", "stored": each} for each in attachments if sees and is_image(each)]
    return [{"type": "text", "text": text}, *images] if images else text


async def load(messages: Sequence[Upstream], owner: UUID, at_hand: Mapping[str, bytes]) -> list[Upstream]:
    """The messages as the upstream takes them: images that are ours as data URLs, others by their address.

    `at_hand` has the bytes of some keys. An image that is no longer there, or too much, is named. Raises Busy.
    """
    images = [part for message in messages if isinstance(message["content"], list) for part in message["content"]]
    wanted = [part["stored"] for part in images if part["type"] == "image"]
    if not wanted:
        return list(messages)
    left = IMAGES_BYTES
    keys = []
    for each in reversed(wanted):
        key, size = each.get("key"), each.get("size")
        if files.owned(owner, key):
            left -= size if isinstance(size, int) and size > 0 else files.IMAGE_BYTES
            if left >= 0:
                keys.append(key)
    found = dict(zip(keys, await asyncio.gather(*(_bytes(key, at_hand) for key in keys)), strict=True))
    return [
        {**message, "content": [_part(part, found) for part in message["content"]]}
        if isinstance(message["content"], list)
        else message
        for message in messages
    ]


async def _bytes(key: str, at_hand: Mapping[str, bytes]) -> bytes | None:
    if key in at_hand:
        return at_hand[key]
    try:
        return await s3.get(key, most=files.IMAGE_BYTES)
    except (NotFound, BodyTooLarge):
        return None


def _part(part: Upstream, found: Mapping[str, bytes | None]) -> Upstream:
    if part["type"] != "image":
        return part
    stored: Stored = part["stored"]
    key, url = stored.get("key"), stored.get("url")
    data = found.get(key) if isinstance(key, str) else None
    if data:
        url = f"data:{stored.get('media_type')};base64,{base64.b64encode(data).decode()}"
    elif "key" in stored or not isinstance(url, str) or not files.is_public(url):
        return {"type": "text", "text": as_text("", [stored], sees=False)}
    return {"type": "image_url", "image_url": {"url": url}}
