"""Responses that browsers and shared caches may store, validated by an entity tag (RFC 9110, 8.8.3 and 13.1.2)."""

import hashlib
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

# As long as the catalogue of models is fresh: changes of plans and models are visible after at most five minutes.
PUBLIC_SECONDS = 300
# The user's own browser may store it, and validates it each time.
PRIVATE = "private, no-cache"

# The OpenAPI document's additions to a cacheable route, besides the schema of its answer.
CACHEABLE: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "For `If-None-Match`.", "schema": {"type": "string"}}}},
    304: {"description": "Unchanged: the tag in `If-None-Match` is the current one."},
}

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def cacheable(
    request: Request, json: bytes, *, public: bool = True, vary: str = "", max_age: int = PUBLIC_SECONDS
) -> Response:
    """`json` with its entity tag, or 304 without a body if the request's `If-None-Match` has that tag.

    `public`: equal for everyone, so shared caches may store it for `max_age` seconds. `vary` names request headers that
    it depends on.
    """
    stored = f"public, max-age={max_age}" if public else PRIVATE
    return _tagged(request, json, {"cache-control": stored, **({"vary": vary} if vary else {})})


def polled(request: Request, json: bytes) -> Response:
    """`json` with its entity tag, for a client that polls and stores the answer itself: no cache stores it."""
    return _tagged(request, json, {"cache-control": "no-store"})


def _tagged(request: Request, json: bytes, headers: dict[str, str]) -> Response:
    tag = f'"{hashlib.sha256(json).hexdigest()[:32]}"'
    headers = {"etag": tag, **headers}
    if _matches(tag, request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers=headers)
    return Response(json, headers=headers, media_type="application/json")


def _matches(tag: str, conditions: list[str]) -> bool:
    """Compares weakly, as `If-None-Match` does: a cache that compresses marks our tags as weak."""
    sent = ", ".join(conditions)
    return sent.strip() == "*" or tag in _TAG.findall(sent)
