"""OpenRouter's errors: which of ours each is, whether a retry helps, whether the operator is alerted.

They have one form before a stream (with an HTTP status) and within one (an `error` object in a frame or a body).
Their bodies contain ids and hints about our account, and are passed on nowhere.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.numbers import parse_decimal
from oneai.errors import ModelBusy, OneAIError, UnknownModel, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import ContextTooLong, OperatorNeeded, QuestionDeclined

MAX_WAIT_SECONDS = 10.0  # the longest wait for a rate limit before the first token
DAY_SECONDS = 86_400

RETRYABLE = frozenset({408, 500, 502, 503, 504, 524, 529})
TIMEOUTS = frozenset({408, 504, 524})
UNAVAILABLE = frozenset({403, 404, 503, 529})

# The status of an error type, where a frame's code is a word or missing.
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
# The error types with which a provider's moderation declines a question.
DECLINED = frozenset({"content_policy_violation", "refusal"})

_TOO_LONG = re.compile(
    r"context.length|context.window|maximum context|(prompt|input) is too long|too many input tokens|"
    r"(prompt|input) (tokens? )?exceeds?",
    re.IGNORECASE,
)
_SLOW = re.compile(r"time.?out|timed out", re.IGNORECASE)


class KeyRefused(OperatorNeeded):
    """OpenRouter rejects our key, or the key's own limit is reached; another key may be accepted."""

    alert = "openrouter_key_refused"


class CreditExhausted(OperatorNeeded):
    """Our account has too little credit for this request, whichever of its keys is used."""

    alert = "openrouter_credit_exhausted"


def from_response(status: int, body: bytes, headers: Mapping[str, str]) -> Failure:
    """The failure of a response with a status other than 200."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        error = None
    return classify(status, error if isinstance(error, dict) else {}, headers)


def from_stream_error(error: object, headers: Mapping[str, str]) -> Failure:
    """The failure of an `error` object that came after status 200."""
    if not isinstance(error, dict):
        return classify(502, {"message": error if isinstance(error, str) else ""}, headers)
    code, metadata = error.get("code"), _object(error, "metadata")
    for word in (code, metadata.get("error_type")):
        number = parse_decimal(word)
        if number is not None and 400 <= number < 600:
            return classify(int(number), error, headers)
        if isinstance(word, str) and word in BY_TYPE:
            return classify(BY_TYPE[word], error, headers)
    return classify(504 if _SLOW.search(_message_text(error)) else 502, error, headers)


def classify(status: int, error: dict[str, Any], headers: Mapping[str, str]) -> Failure:
    """The table of errors. An unknown 4xx is our mistake and not retried; an unknown 5xx is theirs and is."""
    metadata, availability = _object(error, "metadata"), _object(error, "availability")
    wait = _wait_seconds(metadata, availability, headers)
    is_short = wait is None or wait <= MAX_WAIT_SECONDS
    retry_after = min(math.ceil(wait), DAY_SECONDS) if wait else None

    if status == 401 or (status in (402, 403) and _is_key_limit(error)):
        return Failure(KeyRefused())
    if status == 402:
        # The one kind that resolves itself: credit is held for answers that are being generated.
        is_temporary = metadata.get("reason") == "in_flight_budget_exhausted"
        return Failure(CreditExhausted(retry_after=retry_after), is_temporary and is_short, wait or 0)
    if (status == 403 and metadata.get("reasons")) or metadata.get("error_type") in DECLINED:
        return Failure(QuestionDeclined())
    if status == 429:
        retryable = is_short and _is_temporary_limit(error, wait)
        return Failure(ModelBusy(retry_after=retry_after), retryable, wait or 0)
    if (
        status == 413
        or metadata.get("error_type") == "context_length_exceeded"
        or _TOO_LONG.search(_message_text(error))
    ):
        # Also with 502, a retryable status, but a retry never helps.
        return Failure(ContextTooLong())
    if status == 400 and (availability.get("code") == "model_not_found" or "valid model ID" in _message_text(error)):
        return Failure(UnknownModel())

    # A 404 with a provider's name is relayed from that provider: another one may have the model.
    retryable = status in RETRYABLE or status >= 500 or (status == 404 and bool(metadata.get("provider_name")))
    stated = availability.get("retryable")
    if isinstance(stated, bool):
        retryable = stated
    return Failure(_error_type(status)(retry_after=retry_after), is_short and retryable, wait or 0)


def _error_type(status: int) -> type[OneAIError]:
    if status in TIMEOUTS:
        return UpstreamTimeout
    return UpstreamUnavailable if status in UNAVAILABLE else UpstreamError


def _is_key_limit(error: dict[str, Any]) -> bool:
    """Whether the key's own limit is reached: documented as 402, sent as 403."""
    is_of_key = _object(error, "metadata").get("limit_source") == "key"
    return is_of_key or _message_text(error).lower().startswith("key limit")


def _is_temporary_limit(error: dict[str, Any], wait: float | None) -> bool:
    """Whether a 429 is over soon: a provider's pool frees up soon, a daily allowance or a key's own limit does not."""
    source = _object(error, "metadata").get("limit_source")
    if source == "openrouter_free_tier_daily" or "per-day" in _message_text(error):
        return False
    return source != "key" or wait is not None


def _wait_seconds(metadata: dict[str, Any], availability: dict[str, Any], headers: Mapping[str, str]) -> float | None:
    """The seconds until a retry that upstream states; None where it states none."""
    retry_after = headers.get("retry-after") or availability.get("retry_after")
    seconds = parse_decimal(retry_after)
    if seconds is not None:
        return max(0.0, float(seconds))
    now = _timestamp(headers.get("date"))
    until = _timestamp(retry_after)
    inner_headers = _object(metadata, "headers")
    reset = parse_decimal(headers.get("x-ratelimit-reset") or inner_headers.get("X-RateLimit-Reset"))
    if until is None and reset is not None:
        until = float(reset) / 1000 if reset > 100_000_000_000 else float(reset)  # milliseconds of the epoch
    if until is None:
        return None
    # Measured by their clock, not by ours; without a `Date` the safe assumption is a long wait.
    return max(0.0, until - now) if now is not None else float(DAY_SECONDS)


def _timestamp(http_date: object) -> float | None:
    if not isinstance(http_date, str):
        return None
    from email.utils import parsedate_to_datetime  # an import of ten milliseconds that few cold starts need

    try:
        return parsedate_to_datetime(http_date).timestamp()
    except ValueError:
        return None


def _message_text(error: dict[str, Any]) -> str:
    """OpenRouter's message, and the provider's own where it is relayed."""
    texts = (error.get("message"), _object(error, "metadata").get("raw"))
    return " ".join(text[:4000] for text in texts if isinstance(text, str))


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}
