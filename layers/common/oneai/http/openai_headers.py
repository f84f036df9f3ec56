"""The headers that OpenAI sends with every response: its version, the duration, and the rest of a limit."""

import time

from oneai.api_keys.token_limit import TokenLimit
from oneai.errors import OneAIError, RateLimited
from oneai.postgres.request_check import Check

type RawHeaders = list[tuple[bytes, bytes]]

# The only version that OpenAI has ever sent.
VERSION = "2020-10-01"
EXPOSED = (
    "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, Retry-After-Ms, X-Request-Id, X-Should-Retry, "
    "OpenAI-Processing-Ms, OpenAI-Version, X-RateLimit-Limit-Requests, X-RateLimit-Remaining-Requests, "
    "X-RateLimit-Reset-Requests, X-RateLimit-Limit-Tokens, X-RateLimit-Remaining-Tokens, X-RateLimit-Reset-Tokens"
)


def limit_headers(error: OneAIError) -> dict[str, str]:
    """`x-ratelimit-*-requests` or `-tokens` for a refusal by such a limit. For a request larger than the limit, only
    the limit is known."""
    if not isinstance(error, RateLimited) or "limit" not in error.extra:
        return {}
    limit, seconds = error.extra["limit"], error.retry_after
    match error.extra.get("limit_name"):
        case "api_key_parallel":
            return {}
        case "api_key_tokens":
            return _limit("tokens", limit, 0, seconds) if seconds else {"x-ratelimit-limit-tokens": str(limit)}
    return _limit("requests", limit, 0, seconds or 1)


def token_headers(limit: TokenLimit | None) -> dict[str, str]:
    """`x-ratelimit-*-tokens` of an API key with a limit of tokens per minute."""
    if limit is None:
        return {}
    return _limit("tokens", limit.limit, limit.remaining, (limit.limit - limit.remaining) * 60 / limit.limit)


def add_headers(headers: RawHeaders, started: float, check: Check | None) -> RawHeaders:
    """Adds OpenAI's headers; `started` is the time of the request in seconds of `time.monotonic()`."""
    more = {"openai-version": VERSION, "openai-processing-ms": str(round((time.monotonic() - started) * 1000))}
    if check is not None and check.remaining is not None:
        # All concurrent requests are available again when the virtual queue is empty.
        seconds = (check.rate.burst - check.remaining) * 60 / check.rate.per_minute
        more |= _limit("requests", check.rate.burst, check.remaining, seconds)
    present = {name.lower() for name, _ in headers}
    return [
        *headers,
        *((name.encode(), value.encode()) for name, value in more.items() if name.encode() not in present),
    ]


def exposed(headers: RawHeaders) -> RawHeaders:
    """Makes the headers readable for pages that may read the response."""
    name = b"access-control-expose-headers"
    return [(key, EXPOSED.encode() if key.lower() == name else value) for key, value in headers]


def duration(seconds: float) -> str:
    """A duration as OpenAI writes it: `12ms`, `1.5s`, `6m0s`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{round(rest)}s" if minutes else f"{rest:.3f}".rstrip("0").rstrip(".") + "s"


def _limit(unit: str, limit: int, remaining: int, seconds: float) -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{unit}": str(limit),
        f"x-ratelimit-remaining-{unit}": str(remaining),
        f"x-ratelimit-reset-{unit}": duration(seconds),
    }
