"""Opaque cursors of keyset pages: where the page before ended."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from oneai.errors import InvalidRequest
from oneai.field_errors import invalid


def encode(*values: Any) -> str:
    """A cursor that stands for these JSON values."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> list[Any]:
    """The values of a cursor of ours. Raises InvalidRequest for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if len(values) == len(kinds) and all(type(value) is kind for value, kind in zip(values, kinds, strict=True)):
            json.dumps(values, ensure_ascii=False).encode()  # half characters, which Postgres would not take
            if not any("\0" in value for value in values if isinstance(value, str)):
                return list(values)
    except (ValueError, TypeError, RecursionError):
        pass
    raise invalid_cursor()


def parse_time(text: str) -> datetime:
    """A time that a cursor holds. Raises InvalidRequest for what is none."""
    # In UTC, for Python understands offsets that Postgres does not.
    return parse(lambda value: datetime.fromisoformat(value).astimezone(UTC), text)


def parse[T](kind: Callable[[str], T], text: str) -> T:
    """What `kind` makes of a text that a cursor holds. Raises InvalidRequest where it makes nothing of it."""
    try:
        return kind(text)
    except (ValueError, OverflowError):
        raise invalid_cursor() from None


def invalid_cursor() -> InvalidRequest:
    """What whoever sends this cursor is told: they did not get it here."""
    return invalid("cursor", "not_a_cursor", "This is not a cursor we gave out.")
