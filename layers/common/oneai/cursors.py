"""Opaque cursors for keyset pagination: the position at which the previous page ended."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from oneai.errors import InvalidRequest
from oneai.field_errors import invalid

# The largest bigint.
MAX_ID = 2**63 - 1


def encode(*values: Any) -> str:
    """Encodes JSON values as a cursor."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> list[Any]:
    """Decodes a cursor. Raises InvalidRequest for anything that `encode` did not create."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if len(values) == len(kinds) and all(type(value) is kind for value, kind in zip(values, kinds, strict=True)):
            json.dumps(values, ensure_ascii=False).encode()  # raises for lone surrogates, which Postgres rejects
            if not any("\0" in value for value in values if isinstance(value, str)):
                return list(values)
    except (ValueError, TypeError, RecursionError):
        pass
    raise invalid_cursor()


def after_id(cursor: str | None) -> int | None:
    """The number in a cursor of one, within what Postgres can compare; None without a cursor. Raises InvalidRequest."""
    if cursor is None:
        return None
    (last,) = decode(cursor, int)
    return max(0, min(int(last), MAX_ID))


def parse_time(text: str) -> datetime:
    """A timestamp from a cursor. Raises InvalidRequest if it is not a timestamp."""
    # Converted to UTC, because Python parses offsets that Postgres does not.
    return parse(lambda value: datetime.fromisoformat(value).astimezone(UTC), text)


def parse[T](kind: Callable[[str], T], text: str) -> T:
    """Applies `kind` to a text from a cursor. Raises InvalidRequest if it fails."""
    try:
        return kind(text)
    except (ValueError, OverflowError):
        raise invalid_cursor() from None


def invalid_cursor() -> InvalidRequest:
    """The refusal of a cursor that the API did not issue."""
    return invalid("cursor", "not_a_cursor", "This is not a cursor of this API.")
