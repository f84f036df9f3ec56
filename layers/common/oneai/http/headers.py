"""The headers every answer carries, whichever framework gives it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from oneai import settings

NOT_STORED = {"cache-control": "no-store"}
NOT_SNIFFED = {"x-content-type-options": "nosniff"}
EXPOSED = "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id, Content-Disposition"


@dataclass(frozen=True)
class CorsSettings:
    """`cors_origins`: origins of frontends that may call from a browser, comma separated; `*` for any."""

    cors_origins: tuple[str, ...] = ()


class Headers(Protocol):
    """An answer's, as web frameworks have them."""

    def update(self, other: Mapping[str, str], /) -> None:
        """Sets these, in place of what there is under their names."""

    def setdefault(self, name: str, value: str, /) -> str:
        """Sets it unless there is one."""


def add_common(to: Headers, request_id: str, origin: str | None) -> None:
    """`X-Request-Id`, what lets a browser at an allowed origin read the answer, and what keeps it with its reader: no
    cache stores it, unless its route said otherwise, and no browser takes it for another type than it says."""
    to.update({"x-request-id": request_id, **NOT_SNIFFED, **cors(origin)})
    to.setdefault("cache-control", NOT_STORED["cache-control"])


def rate_limit(quota: dict[str, Any]) -> dict[str, str]:
    """`RateLimit-*` of a quota as `oneai.quota_json` tells it: its limit, what is left, and seconds to its reset."""
    return {
        "ratelimit-limit": str(quota["limit"]),
        "ratelimit-remaining": str(quota["remaining"]),
        "ratelimit-reset": str(quota["resets_in"]),
    }


def cors(origin: str | None) -> dict[str, str]:
    """The CORS headers of an answer; the preflight's own are API Gateway's."""
    allowed = settings.read(CorsSettings).cors_origins
    if not allowed:
        return {}
    vary = {"vary": "Origin"}
    if origin is None or not (origin in allowed or "*" in allowed):
        return vary
    return {**vary, "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED}
