"""Text, thoughts, refusals and images in the forms in which upstreams write them into a delta or a message.

Content is a text or a list of parts: OpenAI's `text`, `output_text`, `refusal` and `image_url`, Mistral's `thinking`,
Anthropic's `thinking` with its signature.
"""

from collections.abc import Iterator
from typing import Any, Literal

type ContentKind = Literal["text", "reasoning", "refusal", "image", "annotations", "reasoning_details"]
type Content = tuple[ContentKind, Any]

THOUGHTS = frozenset({"thinking", "reasoning", "reasoning_text", "summary_text", "thought"})
# Where a text is within an object.
TEXT_NAMES = ("text", "content", "value", "thinking", "reasoning", "summary")
# The fields of a delta that have its thoughts, in the order in which they are believed: some upstreams fill several.
REASONING_FIELDS = ("reasoning", "reasoning_content", "thinking", "reasoning_text")
# As deep as texts are nested anywhere.
MOST_LEVELS = 4


def parts_of(content: object) -> Iterator[Content]:
    """The texts, thoughts, refusals, images (their addresses), lists of annotations and of `reasoning_details` in a
    `content`, in their order. What is of another type is left out."""
    for part in content if isinstance(content, list) else (content,):
        if isinstance(part, str):
            yield "text", part
        elif isinstance(part, dict):
            yield from _part(part)


def text_in(value: object, levels: int = MOST_LEVELS) -> str:
    """The text of a value that is a text, an object around one, or a list of such."""
    if isinstance(value, str):
        return value
    if levels and isinstance(value, list):
        return "".join([text_in(each, levels - 1) for each in value])
    if levels and isinstance(value, dict):
        return next((text for name in TEXT_NAMES if (text := text_in(value.get(name), levels - 1))), "")
    return ""


def reasoning_in(delta: dict[str, Any]) -> tuple[str, str]:
    """The name of the field that has a delta's thoughts, and these; two empty texts where there are none."""
    for name in REASONING_FIELDS:
        if (value := delta.get(name)) and (text := text_in(value)):
            return name, text
    if (details := delta.get("reasoning_details")) and isinstance(details, list):
        # Without signatures and encrypted parts.
        texts = [each.get("text") or each.get("summary") for each in details if isinstance(each, dict)]
        if text := "".join([each for each in texts if isinstance(each, str)]):
            return "reasoning_details", text
    return "", ""


def image_url(image: object) -> str | None:
    """The address of an image: `data:image/…` or `https://…`; None for any other."""
    part = image.get("image_url") if isinstance(image, dict) else None
    url = part.get("url") if isinstance(part, dict) else part
    if not (isinstance(url, str) and url.startswith(("data:image/", "https://"))):
        return None
    # Anything else cannot be stored and is no valid address.
    return url if url.isascii() and "\0" not in url else None


def _part(part: dict[str, Any]) -> Iterator[Content]:
    kind = part.get("type")
    if kind in THOUGHTS:
        yield "reasoning", (text := text_in(part))
        if signature := part.get("signature"):
            yield "reasoning_details", [{"type": "reasoning.text", "text": text, "signature": signature}]
    elif kind == "redacted_thinking":
        yield "reasoning_details", [{"type": "reasoning.encrypted", "data": part.get("data")}]
    elif kind == "refusal":
        yield "refusal", text_in(part.get("refusal")) or text_in(part)
    elif kind in ("image_url", "output_image"):
        if (url := image_url(part)) is not None:
            yield "image", url
    elif kind in (None, "text", "output_text", "input_text"):
        yield "text", text_in(part)
        if annotations := part.get("annotations"):
            yield "annotations", annotations
