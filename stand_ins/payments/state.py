"""What the state of every provider's account has: ids that are the same in every run, and events."""

import hashlib
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

type JsonObject = dict[str, Any]

_LETTERS = string.digits + string.ascii_letters


@dataclass
class Event:
    """An event, with the body that is sent."""

    event_id: str
    name: str
    body: str
    created_at: int
    subscription_id: str | None = None


def pseudo_id(text: str, length: int = 14) -> str:
    """Letters and digits in the form of an id, derived from the text."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    letters = []
    for _ in range(length):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


def moment(at: int) -> datetime:
    """Seconds of the epoch as a datetime."""
    return datetime.fromtimestamp(at, UTC)
