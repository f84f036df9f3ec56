"""Anthropic's errors, before a stream and within one: which of ours each is, and whether a retry helps.

Their texts have ids of an account, and are passed on nowhere.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from oneai.clients.model_streams import waits
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.numbers import object_in
from oneai.errors import ModelBusy, OneAIError, UnknownModel, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import ContextTooLong
from oneai.models.completion import ProviderAccessRefused, ProviderCreditExhausted, ProviderKeyRefused

# By the type of an error; a status counts where there is no type.
BY_TYPE: dict[str, type[OneAIError]] = {
    "authentication_error": ProviderKeyRefused,
    "permission_error": ProviderAccessRefused,
    "billing_error": ProviderCreditExhausted,
    "not_found_error": UnknownModel,
    "request_too_large": ContextTooLong,
    "rate_limit_error": ModelBusy,
    "overloaded_error": ModelBusy,
    "timeout_error": UpstreamTimeout,
    "api_error": UpstreamError,
}
BY_STATUS: dict[int, type[OneAIError]] = {
    401: ProviderKeyRefused,
    402: ProviderCreditExhausted,
    403: ProviderAccessRefused,
    404: UnknownModel,
    413: ContextTooLong,
    429: ModelBusy,
    503: UpstreamUnavailable,
    504: UpstreamTimeout,
    529: ModelBusy,
}
RETRYABLE = (ModelBusy, UpstreamTimeout, UpstreamUnavailable)
_TOO_LONG = re.compile(
    r"prompt is too long|exceeds? (the )?context|input length and `?max_tokens`? exceed", re.IGNORECASE
)
_NO_CREDIT = re.compile(r"credit balance|usage limits?", re.IGNORECASE)


def from_response(status: int, body: bytes, headers: Mapping[str, str]) -> Failure:
    """The failure of a response with a status other than 200."""
    return classify(status, error_in(body), headers)


def error_in(body: bytes) -> dict[str, Any]:
    """The `error` of a body; empty where it has none."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return error if isinstance(error, dict) else {}


def from_stream_error(error: object, headers: Mapping[str, str]) -> Failure:
    """The failure of an `error` event, which may come after any text."""
    inner = error.get("error") if isinstance(error, dict) else None
    return classify(200, inner if isinstance(inner, dict) else error if isinstance(error, dict) else {}, headers)


def classify(status: int, error: dict[str, Any], headers: Mapping[str, str]) -> Failure:
    """The table of errors."""
    message = error.get("message")
    text = message[:4000] if isinstance(message, str) else ""
    code = object_in(error, "details").get("error_code")
    if isinstance(code, str) and code.endswith("spend_limit_reached"):
        return Failure(ProviderCreditExhausted())  # with 402 and 429, and not over soon
    if status == 400 and _NO_CREDIT.search(text):
        return Failure(ProviderCreditExhausted())
    if _TOO_LONG.search(text):
        return Failure(ContextTooLong())
    kind = BY_TYPE.get(str(error.get("type"))) or BY_STATUS.get(status) or UpstreamError
    is_theirs = status >= 500 or status in (200, 408, 409, 429)
    retryable = is_theirs and (issubclass(kind, RETRYABLE) or kind is UpstreamError)
    return waits.failure(kind, headers, retryable=retryable)
