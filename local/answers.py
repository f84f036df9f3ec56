"""The gateway's responses: whole answers, errors in our envelope, and the headers of every response."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from oneai import errors
from oneai.openai_api import errors as openai_errors

# For a path of the template without its own preflight.
PREFLIGHT_HEADERS = (
    "Authorization,Content-Type,Idempotency-Key,If-None-Match,If-Unmodified-Since,Last-Event-ID,OneAI-Workspace"
)

type Headers = list[tuple[bytes, bytes]]

EXPOSED = "RateLimit-Limit,RateLimit-Remaining,RateLimit-Reset,Retry-After,X-Request-Id,Content-Disposition,ETag"


class BadGateway(errors.InternalError):
    """A function died or returned an invalid response: API Gateway answers 502."""

    status = 502


class GatewayTimeout(errors.UpstreamTimeout):
    sentence = "This took too long. Please try again."


@dataclass
class GatewayResponse:
    """A whole response."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    async def send(self, send: Any) -> None:
        """Sends it through the server."""
        headers = [(name, value) for name, value in self.headers if name != b"content-length"]
        headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def refusal(error: errors.OneAIError, request_id: str, **headers: str) -> GatewayResponse:
    """API Gateway's own error, as the template's gateway responses define it. Any origin may read it."""
    named = {
        "content-type": "application/json",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": EXPOSED,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **errors.headers(error),
        **headers,
    }
    pairs = [(name.encode(), value.encode()) for name, value in named.items()]
    body = json.dumps(refusal_body(error, request_id), ensure_ascii=False, separators=(",", ":"))
    return GatewayResponse(error.status, with_request_id(pairs, request_id), body.encode())


def refusal_body(error: errors.OneAIError, request_id: str) -> dict[str, Any]:
    """API Gateway knows no paths in its responses: each has what OpenAI's clients expect, `type` and `param`, too."""
    body = errors.envelope(error, request_id)
    kind, _ = openai_errors.BY_STATUS.get(error.status, openai_errors.BY_STATUS[400 if error.status < 500 else 500])
    return {**body, "error": {**body["error"], "type": kind, "param": None}}


def with_request_id(headers: Headers, request_id: str) -> Headers:
    """The headers with an `X-Request-Id`, if they have none."""
    if any(name.lower() == b"x-request-id" for name, _ in headers):
        return headers
    return [*headers, (b"x-request-id", request_id.encode())]


def from_proxy_response(response: Any, *, decoded: bool = True) -> GatewayResponse:
    """A buffered function's return value as API Gateway answers it, its base64 `decoded` or not. Raises BadGateway
    for an invalid one."""
    try:
        single = {name: [value] for name, value in (response.get("headers") or {}).items()}
        several = single | (response.get("multiValueHeaders") or {})
        pairs = [(name, value) for name, values in several.items() for value in values]
        headers = [(name.lower().encode(), str(value).encode("latin-1")) for name, value in pairs]
        headers += [(b"set-cookie", cookie.encode()) for cookie in response.get("cookies") or ()]
        body = response.get("body") or ""
        content = base64.b64decode(body) if decoded and response.get("isBase64Encoded") else body.encode()
        return GatewayResponse(int(response["statusCode"]), headers, content)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadGateway from error


def preflight(allowed_origin: str | None, allowed_headers: str | None = None) -> GatewayResponse:
    """The preflight's answer, as the template's mock gives it; no `allowed_origin` where the page's is not allowed."""
    headers = {
        "access-control-allow-methods": "GET,POST,PUT,PATCH,DELETE,OPTIONS",
        "access-control-allow-headers": allowed_headers or PREFLIGHT_HEADERS,
        "access-control-max-age": "7200",
        "vary": "Origin",
    }
    if allowed_origin is not None:
        headers["access-control-allow-origin"] = allowed_origin
    return GatewayResponse(200, [(name.encode(), value.encode()) for name, value in headers.items()])
