"""A conversation from another service: a tree of nodes in any order, which `tree.build_tree` converts to ours."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from oneai import text
from oneai.code_fences import closed
from oneai.conversations.archive import limits
from oneai.conversations.archive.document import ExportedAttachment

# Kinds of content that an import leaves out; the API counts each. `hidden`: the service itself does not show it.
type LeftOut = Literal["hidden", "thoughts", "tool_calls", "tool_results", "unreadable"]


class InvalidConversation(Exception):
    """This conversation cannot be imported; the message explains why. Other conversations of the file are
    unaffected."""


@dataclass
class Node:
    """One node. A node without a role (system, tool) is skipped, and its children move to its parent."""

    id: str
    parent: str | None
    role: Literal["user", "assistant"] | None
    content: str = ""
    reasoning: str = ""
    created_at: datetime | None = None
    model: str | None = None
    state: Literal["complete", "stopped", "truncated"] = "complete"
    attachments: list[ExportedAttachment] = field(default_factory=list)


@dataclass
class ExternalConversation:
    """A conversation of another service; `nodes` as in the file, `current` is the leaf that was open last."""

    source: str
    id: str
    title: str | None
    nodes: list[Node]
    system_prompt: str | None = None
    current: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    archived: bool = False
    # The model of answers that do not name one.
    default_model: str | None = None
    left_out: Counter[LeftOut] = field(default_factory=Counter)


def clean(text_value: str) -> str:
    """Text that Postgres accepts: lone surrogates and U+0000 become U+FFFD."""
    return text.replace_nul(text_value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def text_of(value: Any, limit: int | None = None) -> str | None:
    """A cleaned text, cut to `limit` characters; None for blank text and other types."""
    if not isinstance(value, str) or not value.strip():
        return None
    cleaned = clean(value)
    return cleaned if limit is None else text.cut(cleaned, limit)


def line_of(value: Any, limit: int) -> str | None:
    """A cleaned text on one line, as the API accepts titles, tags and folders, cut to `limit` characters; else None."""
    text_value = text_of(value)
    line = text.clean_line(text_value) if text_value else ""
    return text.cut(line, limit).strip() or None


def moment(value: Any) -> datetime | None:
    """A date from seconds since 1970 or ISO 8601, in UTC; None for anything else."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            if value.replace(".", "", 1).isdecimal():
                return datetime.fromtimestamp(float(value), UTC)
            read = datetime.fromisoformat(value)
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def attachment(name: Any, media_type: Any = None, size: Any = None, content: Any = None) -> ExportedAttachment:
    """An attachment by name; only extracted text is imported."""
    media = text_of(media_type, limits.NAME_CHARACTERS)
    text_value = text_of(content)
    return ExportedAttachment(
        type="text" if text_value else "image" if media and media.startswith("image/") else "file",
        name=text_of(name, limits.NAME_CHARACTERS),
        media_type=media,
        size=size if isinstance(size, int) and 0 <= size < 2**31 else None,
        text=text_value,
    )


def require_readable_size(content: str, attachments: Iterable[ExportedAttachment]) -> None:
    """Raises InvalidConversation if a message with its attachments is too long for a response."""
    try:
        text.message_text("\n".join(["-", clean(content), *(clean(each.text) for each in attachments if each.text)]))
    except ValueError:
        raise InvalidConversation("One of its messages is too long.") from None


def join_parts(values: Iterable[str | None]) -> str:
    """Joins the parts of a message with blank lines. A part's open code fence ends before the next part."""
    parts = [value for value in values if value]
    return "\n\n".join([*map(closed, parts[:-1]), *parts[-1:]])


def dict_of(value: dict[str, Any], key: str) -> dict[str, Any]:
    """A field that is an object; an empty one for anything else."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def list_of(value: dict[str, Any], key: str) -> list[Any]:
    """A field that is a list; an empty one for anything else."""
    found = value.get(key)
    return found if isinstance(found, list) else []


def id_of(value: Any) -> str | None:
    """An id, which some exporters write as a number; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None
