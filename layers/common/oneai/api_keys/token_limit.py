"""The remaining tokens per minute of an API key."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TokenLimit:
    """`limit` tokens per minute, which may be used at once, and how many of them remain."""

    limit: int
    remaining: int

    @classmethod
    def parse(cls, value: dict[str, Any] | None) -> "TokenLimit | None":
        """Parses the result of `oneai.reserve_api_key`; None if the request has no key with such a limit."""
        return None if value is None else cls(value["limit"], value["remaining"])
