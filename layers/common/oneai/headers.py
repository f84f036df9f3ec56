"""The headers every answer carries, whichever framework gives it."""

from dataclasses import dataclass
from typing import Any

from oneai import settings

EXPOSED = "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id, Content-Disposition"


@dataclass(frozen=True)
class CorsSettings:
    """`cors_origins`: origins of frontends that may call from a browser, comma separated; `*` for any."""

    cors_origins: tuple[str, ...] = ()


def common(request_id: str, origin: str | None) -> dict[str, str]:
    """`X-Request-Id`, and what lets a browser at an allowed origin read the answer."""
    return {"x-request-id": request_id, **cors(origin)}


def rate_limit(quota: dict[str, Any]) -> dict[str, str]:
    """`RateLimit-*` of a quota as `oneai.quota_face` tells it: its limit, what is left, and seconds to its reset."""
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
