"""Reasoning items of a response: `encrypted_content` is reasoning data for the model's provider.

OpenAI's clients send it back unread. It is not secret: it contains the `reasoning_details` of the answer, whose
signatures the provider checks.
"""

import base64
import json
from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json

from oneai.field_errors import InvalidValue
from oneai.json_values import MAX_VALUES, count_values

# Identifies the format, to distinguish it from data that another service encrypted.
PREFIX = "oneai-1."


def encode(details: list[dict[str, Any]]) -> str:
    """`reasoning_details` as an `encrypted_content`."""
    text = json.dumps(details, ensure_ascii=False, separators=(",", ":"))
    return PREFIX + base64.urlsafe_b64encode(text.encode()).decode()


def decode(encrypted_content: object) -> list[dict[str, Any]]:
    """The `reasoning_details` in an `encrypted_content`; empty if it is not ours."""
    try:
        # As strict as the parser of bodies: no deep nesting, and no numbers that JSON does not have.
        details = from_json(_json_of(encrypted_content), allow_inf_nan=False)
    except ValueError:
        return []
    return [each for each in details if isinstance(each, dict)] if isinstance(details, list) else []


def require_few(items: Sequence[dict[str, Any]]) -> None:
    """Counts the values in all `encrypted_content` of a request together. Raises InvalidValue for more than
    MAX_VALUES."""
    contents = (item.get("encrypted_content") for item in items if item.get("type") == "reasoning")
    if sum(count_values(_json_of(each)) for each in contents) > MAX_VALUES:
        raise InvalidValue("too_many", f"All encrypted_content together may hold at most {MAX_VALUES} values.")


def _json_of(encrypted_content: object) -> bytes:
    if not isinstance(encrypted_content, str) or not encrypted_content.startswith(PREFIX):
        return b""
    try:
        return base64.urlsafe_b64decode(encrypted_content.removeprefix(PREFIX))
    except ValueError:
        return b""


def text_of(item: dict[str, Any]) -> str:
    """The reasoning of an item, or else its summary, for providers that do not sign reasoning."""
    return _text(item.get("content")) or _text(item.get("summary"))


def _text(parts: object) -> str:
    texts = [each.get("text") for each in parts if isinstance(each, dict)] if isinstance(parts, list) else []
    return "".join([text for text in texts if isinstance(text, str)])
