"""The errors of OpenAI and of compatible servers: which of ours each is, and whether a retry helps.

Their texts have parts of keys and ids of an account, and are passed on nowhere.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from oneai.clients.model_streams import waits
from oneai.clients.model_streams.failure import Failure
from oneai.errors import ModelBusy, OneAIError, UnknownModel, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import ContextTooLong, QuestionDeclined
from oneai.models.completion import ProviderAccessRefused, ProviderCreditExhausted, ProviderKeyRefused

# By the code of an error, or its type; a status counts where neither is known.
BY_CODE: dict[str, type[OneAIError]] = {
    "invalid_api_key": ProviderKeyRefused,
    "account_deactivated": ProviderKeyRefused,
    "insufficient_quota": ProviderCreditExhausted,
    "billing_hard_limit_reached": ProviderCreditExhausted,
    "billing_not_active": ProviderCreditExhausted,
    "model_not_found": UnknownModel,
    "context_length_exceeded": ContextTooLong,
    "exceed_context_size_error": ContextTooLong,
    "string_above_max_length": ContextTooLong,
    "content_policy_violation": QuestionDeclined,
    "content_filter": QuestionDeclined,
    "invalid_prompt": QuestionDeclined,
    "moderation_blocked": QuestionDeclined,
    "rate_limit_exceeded": ModelBusy,
    "server_is_overloaded": ModelBusy,
    "slow_down": ModelBusy,
}
BY_STATUS: dict[int, type[OneAIError]] = {
    401: ProviderKeyRefused,
    402: ProviderCreditExhausted,
    403: ProviderAccessRefused,
    404: UnknownModel,
    408: UpstreamTimeout,
    413: ContextTooLong,
    429: ModelBusy,
    503: UpstreamUnavailable,
    504: UpstreamTimeout,
}
# What another attempt may bring. What a key or a question is refused for is refused again.
RETRYABLE = (ModelBusy, UpstreamUnavailable, UpstreamTimeout)
_TOO_LONG = re.compile(
    r"context.length|context.window|context size|maximum context|request too large|"
    r"(prompt|input) (is too long|tokens? exceeds?)",
    re.IGNORECASE,
)


def from_response(status: int, body: bytes, headers: Mapping[str, str]) -> Failure:
    """The failure of a response with a status other than 200."""
    return classify(status, error_in(body), headers)


def error_in(body: bytes) -> dict[str, Any]:
    """The error of a body: its `error`, which may be a text, or what it has itself; empty where it has none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(value, list) and value:
        value = value[0]
    error = value.get("error", value) if isinstance(value, dict) else None
    return as_error(error)


def as_error(error: object) -> dict[str, Any]:
    """An error as an object; a text becomes its message."""
    return error if isinstance(error, dict) else {"message": error} if isinstance(error, str) else {}


def from_stream_error(error: object, headers: Mapping[str, str]) -> Failure:
    """The failure of an error that came after status 200."""
    found = as_error(error)
    inner = as_error(found.get("error")) or found
    code = inner.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return classify(status, inner, headers)


def classify(status: int, error: dict[str, Any], headers: Mapping[str, str]) -> Failure:
    """The table of errors."""
    message = error.get("message")
    text = message[:4000] if isinstance(message, str) else ""
    words = [word for word in (error.get("code"), error.get("type")) if isinstance(word, str)]
    kind = next((BY_CODE[word] for word in words if word in BY_CODE), None)
    if any(word.endswith("_policy") for word in words):
        kind = QuestionDeclined
    # A request over the tokens of a minute is never accepted, and the status promises that it will be.
    if _TOO_LONG.search(text) and kind in (None, ModelBusy):
        kind = ContextTooLong
    kind = kind or BY_STATUS.get(status) or UpstreamError
    retryable = issubclass(kind, RETRYABLE) and not issubclass(kind, ProviderKeyRefused | ProviderCreditExhausted)
    retryable = retryable or (kind is UpstreamError and status >= 500)
    return waits.failure(kind, headers, retryable=retryable, wait=_stated(text))


def _stated(message: str) -> float | None:
    """The wait that a message states, where an error has no headers: those in a stream."""
    found = re.search(r"try again in (\d[\dhms.]*(?:ms|s|m|h))\b", message)
    return waits.parse_duration(found[1]) if found else None
