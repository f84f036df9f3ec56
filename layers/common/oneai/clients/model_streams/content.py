"""What upstreams write into a delta or a message, in their forms: text, thoughts, refusals, images, log probabilities.

Content is a text or a list of parts: OpenAI's `text`, `output_text`, `refusal` and `image_url`, Mistral's `thinking`,
Anthropic's `thinking` with its signature.
"""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from oneai.clients.model_streams.numbers import parse_decimal
from oneai.models.pieces import GROWING, join_reasoning_details, repair, repair_json, text_in

type ContentKind = Literal["text", "reasoning", "refusal", "image", "annotations", "reasoning_details"]
type Content = tuple[ContentKind, Any]

THOUGHTS = frozenset({"thinking", "reasoning", "reasoning_text", "summary_text", "thought"})
# The fields of a delta that have its thoughts, in the order in which they are believed: some upstreams fill several.
REASONING_FIELDS = ("reasoning", "reasoning_content", "thinking", "reasoning_text")
# What OpenAI has for a token that is very unlikely. JSON cannot write minus infinity.
MIN_LOGPROB = -9999.0


def parts_of(content: object) -> Iterator[Content]:
    """The texts, thoughts, refusals, images (their addresses), lists of annotations and of `reasoning_details` in a
    `content`, in their order. What is of another type is left out."""
    for part in content if isinstance(content, list) else (content,):
        if isinstance(part, str):
            yield "text", part
        elif isinstance(part, dict):
            yield from _part(part)


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


def details_json(details: object) -> str:
    """The entries of one delta as JSON text; empty where there are none."""
    entries = [repair_json(each) for each in details if isinstance(each, dict)] if isinstance(details, list) else []
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":")) if entries else ""


def details_beyond(sent: Iterable[str], whole: str) -> str:
    """What the entries of a whole message, as JSON text, have beyond the fragments that were sent; empty where that is
    nothing. A signature alone comes without the text that it signs."""
    known = join_reasoning_details(sent)
    new: list[dict[str, Any]] = []
    for entry in json.loads(whole):
        content = GROWING.get(str(entry.get("type")), "data")
        same = next((each for each in known if _names(each, content) == _names(entry, content)), None)
        if same is None:
            new.append(entry)
        elif entry.get("signature") and not same.get("signature"):
            new.append({name: value for name, value in entry.items() if name != content})
    return json.dumps(new, ensure_ascii=False, separators=(",", ":")) if new else ""


def logprobs_json(logprobs: object) -> str:
    """The `logprobs` of a choice as JSON text with the fields that OpenAI has; empty where it has no tokens."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    tokens = [_token(each) for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    return json.dumps({"content": tokens, "refusal": None}) if tokens else ""


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


def _names(entry: dict[str, Any], content: str) -> tuple[Any, Any]:
    return entry.get("type"), entry.get(content)


def _token(token: dict[str, Any], *, alternatives: bool = True) -> dict[str, Any]:
    raw_top = token.get("top_logprobs") if alternatives else None
    top = [_token(each, alternatives=False) for each in raw_top or () if isinstance(each, dict)]
    raw = token.get("bytes")
    return {
        "token": repair(str(token.get("token", ""))),
        "logprob": _logprob(token.get("logprob")),
        "bytes": [each for each in raw if isinstance(each, int)] if isinstance(raw, list) else None,
        **({"top_logprobs": top} if alternatives else {}),
    }


def _logprob(value: object) -> float:
    number = parse_decimal(0 if value is None else value)
    return MIN_LOGPROB if number is None or not math.isfinite(logprob := float(number)) else logprob
