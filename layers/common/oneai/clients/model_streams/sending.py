"""The bytes of a request to a model."""

import json
from typing import Any


class RequestTooLarge(Exception):
    """The request has more bytes than it may have; it was not sent."""


def encode(body: dict[str, Any], max_bytes: int | None = None) -> bytes:
    """The body as it is sent. Raises RequestTooLarge for one of more than `max_bytes`."""
    # A lone surrogate cannot be sent; it becomes a question mark rather than a failure.
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if max_bytes is not None and len(content) > max_bytes:
        raise RequestTooLarge
    return content
