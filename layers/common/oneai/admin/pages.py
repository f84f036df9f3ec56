"""Pages of admins' lists, continued after the last position of the previous page."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from oneai import cursors


def cut[T](rows: Sequence[T], limit: int, position: Callable[[T], tuple[Any, ...]]) -> tuple[list[T], str | None]:
    """Cuts `limit + 1` rows to a page, and returns it with the cursor of the next page, if there is one."""
    items = list(rows[:limit])
    return items, cursors.encode(*position(items[-1])) if len(rows) > limit else None


def after_time(cursor: str | None) -> tuple[datetime, UUID] | tuple[None, None]:
    """Decodes a cursor of a time and an id. Raises InvalidRequest."""
    if cursor is None:
        return None, None
    at, last = cursors.decode(cursor, str, str)
    return cursors.parse_time(at), cursors.parse(UUID, last)


def after_named_time(cursor: str | None) -> tuple[datetime, str] | tuple[None, None]:
    """Decodes a cursor of a time and a text id. Raises InvalidRequest."""
    if cursor is None:
        return None, None
    at, last = cursors.decode(cursor, str, str)
    return cursors.parse_time(at), last
