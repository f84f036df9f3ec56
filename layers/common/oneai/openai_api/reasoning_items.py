"""Reasoning items of a response: `encrypted_content` is what the model's provider has to be sent back of its thoughts.

OpenAI's clients send it back unread. It is not secret: it holds the `reasoning_details` of the answer, whose signatures
the provider checks.
"""

import base64
import binascii
import json
from typing import Any

# Names the form, so that what another service has encrypted is told from it.
PREFIX = "oneai-1."


def encode(details: list[dict[str, Any]]) -> str:
    """`reasoning_details` as an `encrypted_content`."""
    text = json.dumps(details, ensure_ascii=False, separators=(",", ":"))
    return PREFIX + base64.urlsafe_b64encode(text.encode()).decode()


def decode(encrypted_content: object) -> list[dict[str, Any]]:
    """The `reasoning_details` in an `encrypted_content`; empty where there is none of ours."""
    if not isinstance(encrypted_content, str) or not encrypted_content.startswith(PREFIX):
        return []
    try:
        details = json.loads(base64.urlsafe_b64decode(encrypted_content.removeprefix(PREFIX)))
    except (binascii.Error, ValueError, RecursionError):
        return []
    return [each for each in details if isinstance(each, dict)] if isinstance(details, list) else []


def text_of(item: dict[str, Any]) -> str:
    """The thoughts of a reasoning item, or else their summary, which a provider that does not sign them may ask for."""
    return _text(item.get("content")) or _text(item.get("summary"))


def _text(parts: object) -> str:
    texts = [each.get("text") for each in parts if isinstance(each, dict)] if isinstance(parts, list) else []
    return "".join([text for text in texts if isinstance(text, str)])
