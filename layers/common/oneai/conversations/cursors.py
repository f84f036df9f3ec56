"""Opaque cursors of keyset pages: where the page before ended."""

import base64
import json
from typing import Any

from oneai.errors import InvalidRequest


def encode(*values: Any) -> str:
    """A cursor that stands for these JSON values."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> list[Any]:
    """The values of a cursor of ours. Raises InvalidRequest for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if len(values) == len(kinds) and all(type(value) is kind for value, kind in zip(values, kinds, strict=True)):
            return list(values)
    except (ValueError, TypeError):
        pass
    raise InvalidRequest(details=[{"field": "cursor", "message": "This is not a cursor we gave out."}])
