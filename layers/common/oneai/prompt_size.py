"""Measures the prompt of a request to a model, on the request as it is sent.

The units held for an answer follow from this size, so a field that is sent but not counted would be free. Every field
counts, including fields that are added later; only those in NOT_PROMPT do not.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# The size of any image: about the maximum that any large provider counts for one.
IMAGE_TOKENS = 1600
# One token is held for every three bytes, as `oneai.prompt_tokens` computes. No script takes more tokens.
BYTES_PER_TOKEN = 3
IMAGE_BYTES = IMAGE_TOKENS * BYTES_PER_TOKEN
# The braces of a message and the quotes of its role and content, which no model reads.
SYNTAX_BYTES = 6
# Fields that choose or control a model. Each has its own limit, and the model does not read them as text.
NOT_PROMPT = frozenset(
    {
        *("model", "models", "provider", "metadata", "usage", "stream", "modalities", "reasoning", "verbosity"),
        *("max_tokens", "temperature", "top_p", "seed", "frequency_penalty", "presence_penalty"),
        *("logprobs", "top_logprobs", "parallel_tool_calls", "encoding_format", "dimensions"),
    }
)
# A request may be this many times larger than the bytes that were held before it is refused: JSON escapes double a
# text, and a model may count many spaces as one token. The constant covers what a request has besides its prompt.
MAX_TIMES_HELD = 4
OTHER_BYTES = 4096

_serialise = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def prompt_bytes(request: Mapping[str, Any]) -> int:
    """Bytes of the serialised request that belong to its prompt; every image counts as IMAGE_BYTES."""
    messages = request.get("messages", ())
    images = sum(map(_is_image, _parts(messages)))
    sent = [_without_image_data(message) for message in messages] if images else messages
    others = {name: value for name, value in request.items() if name not in NOT_PROMPT and name != "messages"}
    size = serialised_bytes(sent) - len(messages) * SYNTAX_BYTES + images * IMAGE_BYTES
    return size + serialised_bytes(others) if others else size


def serialised_bytes(value: Any) -> int:
    """Bytes of a JSON value as it is sent, without white space between its parts. Raises ValueError for NaN and
    infinity, which JSON does not have."""
    text = _serialise(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def prompt_characters(messages: Sequence[Mapping[str, Any]]) -> int:
    """Code points of all texts in these messages, without the data of images. The names of nested fields count too,
    because a client may choose them."""
    fields = (field for message in messages for field in _without_image_data(message).items())
    return sum(
        sum(sum(map(_characters, part.values())) for part in value)
        if name == "content" and isinstance(value, list)
        else _characters(value)
        for name, value in fields
    )


def max_request_bytes(request: Mapping[str, Any], held_tokens: int) -> int:
    """The maximum bytes of this request, without images, if `held_tokens` are held for its prompt."""
    images = sum(len(_url(part)) for part in _parts(request.get("messages", ())) if _is_image(part))
    return held_tokens * BYTES_PER_TOKEN * MAX_TIMES_HELD + images + OTHER_BYTES


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(len, value)) + sum(map(_characters, value.values()))
    return sum(map(_characters, value)) if isinstance(value, list) else 0


def _parts(messages: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        if isinstance(content := message.get("content"), list):
            yield from content


def _is_image(part: Mapping[str, Any]) -> bool:
    """Whether the part is an image, loaded (`image_url`) or not yet loaded (`image`)."""
    return part.get("type") in ("image", "image_url")


def _without_image_data(message: Mapping[str, Any]) -> Mapping[str, Any]:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [_without_data(part) if _is_image(part) else part for part in content]}


def _without_data(part: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "image_url", "image_url": ""} if _url(part).startswith("data:") else part


def _url(part: Mapping[str, Any]) -> str:
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, Mapping) else image
    return url if isinstance(url, str) else ""
