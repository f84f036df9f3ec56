"""The headers of every response, in any framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from oneai import settings
from oneai.postgres.request_check import Check, RequestCheck

# The id or slug of the workspace that a request is for.
WORKSPACE = "OneAI-Workspace"
# What the frames of widgets call.
WIDGET_PATH = "/widget/"
NOT_STORED = {"cache-control": "no-store"}
NOT_SNIFFED = {"x-content-type-options": "nosniff"}
EXPOSED = "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id, Content-Disposition, ETag"


@dataclass(frozen=True)
class CorsSettings:
    """`cors_origins`: origins of frontends that may call from a browser, comma separated; `*` for any.
    `widget_origin`: the origin of the widgets' frames, which may call below `/widget/` alone."""

    cors_origins: tuple[str, ...] = ()
    widget_origin: str = ""


class MutableHeaders(Protocol):
    """A response's headers, as web frameworks represent them."""

    def get(self, name: str, /) -> str | None:
        """The value of this header."""

    def update(self, other: Mapping[str, str], /) -> None:
        """Sets these headers and replaces values of the same names."""

    def setdefault(self, name: str, value: str, /) -> str:
        """Sets the header if it is missing."""


def add_common(to: MutableHeaders, request_id: str, origin: str | None, *vary: str, path: str = "") -> None:
    """Adds `X-Request-Id`, CORS headers for an allowed origin, `nosniff`, and `no-store` unless the route set a
    cache-control. `vary` names request headers that the response depends on, beside those that the route set; `path` is
    the request's."""
    common = {"x-request-id": request_id, **NOT_SNIFFED, **cors(origin, path)}
    own = to.get("vary") or ""
    if named := [own, *(each for each in (*vary, common.get("vary", "")) if each not in own)]:
        common["vary"] = ", ".join(filter(None, named))
    to.update(common)
    to.setdefault("cache-control", NOT_STORED["cache-control"])


def vary_of(check: Check | None) -> tuple[str, ...]:
    """The request header that the response to a user depends on, by the request's check."""
    return () if check is None or (isinstance(check, RequestCheck) and check.user_id is None) else (WORKSPACE,)


def rate_limit(quota: dict[str, Any] | None) -> dict[str, str]:
    """`RateLimit-*` of a quota from `oneai.quota_json`: its limit, the remaining units, and seconds to its reset. None
    if credits pay."""
    if quota is None:
        return {}
    return {
        "ratelimit-limit": str(quota["limit"]),
        "ratelimit-remaining": str(quota["remaining"]),
        "ratelimit-reset": str(quota["resets_in"]),
    }


def cors(origin: str | None, path: str = "") -> dict[str, str]:
    """The CORS headers of a response; API Gateway sends those of a preflight."""
    configured = settings.read(CorsSettings)
    allowed = configured.cors_origins
    if configured.widget_origin and path.startswith(WIDGET_PATH):
        allowed = (*allowed, configured.widget_origin)
    if not allowed:
        return {}
    vary = {"vary": "Origin"}
    if origin is None or not (origin in allowed or "*" in allowed):
        return vary
    return {**vary, "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED}
