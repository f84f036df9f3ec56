"""What OpenRouter's refusals mean: which of our errors, whether asking again helps, whether the operator must know.

The same words are used before a stream (HTTP status) and within one (an `error` object in a frame or a body).
Their bodies hold account ids and hints about our account: they are read here and go no further.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oneai.clients.openrouter.usage import decimal
from oneai.errors import OneAIError, UnknownModel, UpstreamError, UpstreamTimeout, UpstreamUnavailable

LONGEST_WAIT = 10.0  # seconds a person may wait before the first word for a limit to pass
A_DAY = 86_400

RETRYABLE = frozenset({408, 500, 502, 503, 504, 524, 529})
TIMEOUTS = frozenset({408, 504, 524})
UNAVAILABLE = frozenset({403, 404, 503, 529})

# Where a frame's code is a word or missing, its type says what the number would have.
BY_TYPE = {
    "authentication": 401,
    "payment_required": 402,
    "permission_denied": 403,
    "not_found": 404,
    "payload_too_large": 413,
    "rate_limit_exceeded": 429,
    "server": 500,
    "server_error": 500,
    "provider_overloaded": 503,
    "timeout": 504,
}

_TOO_LONG = re.compile(
    r"context.length|context.window|maximum context|(prompt|input) is too long|too many input tokens|"
    r"(prompt|input) (tokens? )?exceeds?",
    re.IGNORECASE,
)
_SLOW = re.compile(r"time.?out|timed out", re.IGNORECASE)


class ContextTooLong(UpstreamError):
    """The request does not fit the model's context; the caller may drop history and ask again."""

    sentence = "This is too long for the model. Please shorten it or choose a model with a larger context."


class KeyRefused(UpstreamUnavailable):
    """OpenRouter does not take our key, or the key's own limit is reached."""

    alert = "openrouter_key_refused"


class CreditExhausted(UpstreamUnavailable):
    """Our account cannot pay for this."""

    alert = "openrouter_credit_exhausted"


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt: what to raise, and whether asking again may help, and after how many seconds."""

    error: OneAIError
    retryable: bool = False
    wait: float = 0.0


def refusal(status: int, body: bytes, headers: Mapping[str, str]) -> Failure:
    """What an HTTP status other than 200 means."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        error = None
    return judge(status, error if isinstance(error, dict) else {}, headers)


def within_stream(error: object, headers: Mapping[str, str]) -> Failure:
    """What an `error` object means that came after 200."""
    if not isinstance(error, dict):
        return judge(502, {"message": error if isinstance(error, str) else ""}, headers)
    code, metadata = error.get("code"), _part(error, "metadata")
    for word in (code, metadata.get("error_type")):
        number = decimal(word)
        if number is not None and 400 <= number < 600:
            return judge(int(number), error, headers)
        if isinstance(word, str) and word in BY_TYPE:
            return judge(BY_TYPE[word], error, headers)
    return judge(504 if _SLOW.search(_words(error)) else 502, error, headers)


def judge(status: int, error: dict[str, Any], headers: Mapping[str, str]) -> Failure:
    """The table of refusals. An unknown 4xx is our mistake and not retried; an unknown 5xx is theirs and is."""
    metadata, availability = _part(error, "metadata"), _part(error, "availability")
    wait = _wait(metadata, availability, headers)
    soon = wait is None or wait <= LONGEST_WAIT
    later = min(math.ceil(wait), A_DAY) if wait else None

    if status == 401:
        return Failure(KeyRefused())
    if status == 402:
        # The one that passes by itself: credit is held for answers that are being written right now.
        passes = metadata.get("reason") == "in_flight_budget_exhausted"
        return Failure(CreditExhausted(retry_after=later), passes and soon, wait or 0)
    if status == 403 and _words(error).lower().startswith("key limit"):
        return Failure(KeyRefused())
    if status == 403 and metadata.get("reasons"):
        return Failure(UpstreamError("The model's provider declined this question."))
    if status == 429:
        return Failure(UpstreamUnavailable(retry_after=later), soon and _passes_soon(error, wait), wait or 0)
    if status == 413 or metadata.get("error_type") == "context_length_exceeded" or _TOO_LONG.search(_words(error)):
        # Also behind 502, where the code says that asking again would help: it never does.
        return Failure(ContextTooLong())
    if status == 400 and (availability.get("code") == "model_not_found" or "valid model ID" in _words(error)):
        return Failure(UnknownModel())

    # A 404 with a provider's name is that provider's, relayed: another may have the model.
    again = status in RETRYABLE or status >= 500 or (status == 404 and bool(metadata.get("provider_name")))
    said = availability.get("retryable")
    return Failure(_kind(status)(retry_after=later), soon and (said if isinstance(said, bool) else again), wait or 0)


def _kind(status: int) -> type[OneAIError]:
    if status in TIMEOUTS:
        return UpstreamTimeout
    return UpstreamUnavailable if status in UNAVAILABLE else UpstreamError


def _passes_soon(error: dict[str, Any], wait: float | None) -> bool:
    """Whose limit a 429 is: a provider's pool empties in moments, a day's allowance or a key's own limit does not."""
    source = _part(error, "metadata").get("limit_source")
    if source == "openrouter_free_tier_daily" or "per-day" in _words(error):
        return False
    return source != "key" or wait is not None


def _wait(metadata: dict[str, Any], availability: dict[str, Any], headers: Mapping[str, str]) -> float | None:
    """How many seconds upstream asks us to wait; None where it does not say."""
    asked = headers.get("retry-after") or availability.get("retry_after")
    seconds = decimal(asked)
    if seconds is not None:
        return max(0.0, float(seconds))
    now = _instant(headers.get("date"))
    until = _instant(asked)
    repeated = _part(metadata, "headers")
    reset = decimal(headers.get("x-ratelimit-reset") or repeated.get("X-RateLimit-Reset"))
    if until is None and reset is not None:
        until = float(reset) / 1000 if reset > 100_000_000_000 else float(reset)  # milliseconds of the epoch
    if until is None:
        return None
    # Measured by their clock, not by ours; without it the safe guess is that it is far away.
    return max(0.0, until - now) if now is not None else float(A_DAY)


def _instant(http_date: object) -> float | None:
    if not isinstance(http_date, str):
        return None
    from email.utils import parsedate_to_datetime  # ten milliseconds that few cold starts need

    try:
        return parsedate_to_datetime(http_date).timestamp()
    except ValueError:
        return None


def _words(error: dict[str, Any]) -> str:
    """The message, and the provider's own where OpenRouter only says that there was one."""
    texts = (error.get("message"), _part(error, "metadata").get("raw"))
    return " ".join(text[:4000] for text in texts if isinstance(text, str))


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}
