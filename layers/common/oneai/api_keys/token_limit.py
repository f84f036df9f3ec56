"""What is left of an API key's tokens per minute."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TokenLimit:
    """`limit` tokens a minute, all of which may be taken at once, and how many of them are left."""

    limit: int
    remaining: int

    @classmethod
    def parse(cls, value: dict[str, Any] | None) -> "TokenLimit | None":
        """What `oneai.reserve_api_key` returns; None where the request has no key with such a limit."""
        return None if value is None else cls(value["limit"], value["remaining"])
