"""Converts attachments for a model: texts become part of the prompt, images are separate parts if it supports vision.

A stored attachment is a dictionary with `type` (image or text), `name`, and optionally `media_type`, `size`, `text`,
`key` (in the storage) and `url` (elsewhere). Attachments of imports and forks may lack any of them.
"""

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from oneai import files, prompt_size
from oneai.clients import s3
from oneai.errors import BodyTooLarge, NotFound
from oneai.models import Model

# The size that one image counts for.
IMAGE_TOKENS = prompt_size.IMAGE_TOKENS
# The limit for all images of one request, in bytes. They are in memory once, and three more times on the way to each
# model. Beyond the limit, the oldest images are only named.
IMAGES_BYTES = 12_000_000

type StoredAttachment = Mapping[str, Any]
type UpstreamMessage = dict[str, Any]
type ContentPart = dict[str, Any]


def all_support_vision(models: Sequence[Model]) -> bool:
    """Whether all of these models accept images as input."""
    return all("image" in model.input_modalities for model in models)


def all_draw(models: Sequence[Model]) -> bool:
    """Whether all of these models generate images."""
    return all("image" in model.output_modalities for model in models)


def is_image(attachment: StoredAttachment) -> bool:
    """Whether the attachment can be sent to a model that supports vision."""
    return attachment.get("type") == "image" and ("key" in attachment or "url" in attachment)


def as_text(content: str, attachments: Sequence[StoredAttachment], *, supports_vision: bool) -> str:
    """The message's text after the attached texts, each with its name and in a fence that does not occur in it.

    Any other attachment that is not sent as an image is only named.
    """
    blocks = []
    for attachment in attachments:
        name = " ".join(str(attachment.get("name") or attachment.get("type") or "file").split())
        text = attachment.get("text")
        if isinstance(text, str):
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
            blocks.append(f"{name}:\n{fence}\n{text}\n{fence}")
        elif not (supports_vision and is_image(attachment)):
            blocks.append(f"[{attachment.get('type') or 'file'}: {name}]")
    return "\n\n".join([*blocks, content] if content else blocks)


def message_content(
    content: str, attachments: Sequence[StoredAttachment], *, supports_vision: bool
) -> str | list[ContentPart]:
    """The `content` of an upstream message. Its images are not loaded yet, see `load_images`."""
    text = as_text(content, attachments, supports_vision=supports_vision)
    images: list[ContentPart] = [
        {"type": "image", "stored": attachment}
        for attachment in attachments
        if supports_vision and is_image(attachment)
    ]
    return [{"type": "text", "text": text}, *images] if images else text


async def load_images(
    messages: Sequence[UpstreamMessage], owner: UUID, loaded: Mapping[str, bytes]
) -> list[UpstreamMessage]:
    """Prepares the messages for the upstream: stored images become data URLs, others keep their address.

    `loaded` has the bytes of some keys. An image that is missing or beyond `IMAGES_BYTES` is only named. Raises Busy.
    """
    parts = [part for message in messages if isinstance(message["content"], list) for part in message["content"]]
    images = [part["stored"] for part in parts if part["type"] == "image"]
    if not images:
        return list(messages)
    bytes_left = IMAGES_BYTES
    keys = []
    for image in reversed(images):
        key, size = image.get("key"), image.get("size")
        if files.is_owned(owner, key):
            bytes_left -= size if isinstance(size, int) and size > 0 else files.IMAGE_BYTES
            if bytes_left >= 0:
                keys.append(key)
    data_by_key = dict(zip(keys, await asyncio.gather(*(_load_image(key, loaded) for key in keys)), strict=True))
    return [
        {**message, "content": [_upstream_part(part, data_by_key) for part in message["content"]]}
        if isinstance(message["content"], list)
        else message
        for message in messages
    ]


async def _load_image(key: str, loaded: Mapping[str, bytes]) -> bytes | None:
    if key in loaded:
        return loaded[key]
    try:
        return await s3.get(key, max_bytes=files.IMAGE_BYTES)
    except (NotFound, BodyTooLarge):
        return None


def _upstream_part(part: ContentPart, data_by_key: Mapping[str, bytes | None]) -> ContentPart:
    if part["type"] != "image":
        return part
    image: StoredAttachment = part["stored"]
    key, url = image.get("key"), image.get("url")
    data = data_by_key.get(key) if isinstance(key, str) else None
    if data:
        url = f"data:{image.get('media_type')};base64,{base64.b64encode(data).decode()}"
    elif "key" in image or not isinstance(url, str) or not files.is_public(url):
        return {"type": "text", "text": as_text("", [image], supports_vision=False)}
    return {"type": "image_url", "image_url": {"url": url}}
