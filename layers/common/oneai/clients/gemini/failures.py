"""Gemini's errors: which of ours each is, and whether a retry helps. Their texts name projects, and are passed on
nowhere."""

import json
import re
from collections.abc import Mapping
from typing import Any

from oneai.clients.model_streams import waits
from oneai.clients.model_streams.failure import Failure
from oneai.errors import ModelBusy, OneAIError, UnknownModel, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import ContextTooLong
from oneai.models.completion import ProviderAccessRefused, ProviderCreditExhausted, ProviderKeyRefused

BY_STATUS_WORD: dict[str, type[OneAIError]] = {
    "UNAUTHENTICATED": ProviderKeyRefused,
    "PERMISSION_DENIED": ProviderAccessRefused,
    "FAILED_PRECONDITION": ProviderAccessRefused,  # not for this country, or not without billing
    "NOT_FOUND": UnknownModel,
    "RESOURCE_EXHAUSTED": ModelBusy,
    "UNAVAILABLE": UpstreamUnavailable,
    "DEADLINE_EXCEEDED": UpstreamTimeout,
    "INTERNAL": UpstreamError,
}
BY_CODE: dict[int, type[OneAIError]] = {
    401: ProviderKeyRefused,
    402: ProviderCreditExhausted,
    403: ProviderAccessRefused,
    404: UnknownModel,
    413: ContextTooLong,
    429: ModelBusy,
    503: UpstreamUnavailable,
    504: UpstreamTimeout,
}
RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})
_TOO_LONG = re.compile(r"exceeds the maximum number of tokens|payload size exceeds|token limit", re.IGNORECASE)
_NO_CREDIT = re.compile(r"prepay|credits? (are|is) (depleted|exhausted)|billing account", re.IGNORECASE)


def from_response(status: int, body: bytes, headers: Mapping[str, str]) -> Failure:
    """The failure of a response with a status other than 200."""
    return classify(status, error_in(body), headers)


def error_in(body: bytes) -> dict[str, Any]:
    """The `error` of a body, which may be in a list; empty where it has none."""
    try:
        value = json.loads(body)
        error = (value[0] if isinstance(value, list) else value)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return error if isinstance(error, dict) else {}


def from_stream_error(error: object, headers: Mapping[str, str]) -> Failure:
    """The failure of an `error` that came after status 200."""
    found = error if isinstance(error, dict) else {}
    code = found.get("code")
    return classify(code if isinstance(code, int) and 400 <= code < 600 else 500, found, headers)


def classify(status: int, error: dict[str, Any], headers: Mapping[str, str]) -> Failure:
    """The table of errors. A key that is not valid is refused with 400."""
    details = [each for each in error.get("details") or () if isinstance(each, dict)]
    message = error.get("message")
    text = message[:4000] if isinstance(message, str) else ""
    if any(each.get("reason") in ("API_KEY_INVALID", "API_KEY_SERVICE_BLOCKED") for each in details):
        return Failure(ProviderKeyRefused())
    if status == 400 and "API key" in text:
        return Failure(ProviderKeyRefused())
    if _TOO_LONG.search(text):
        return Failure(ContextTooLong())
    if status == 429 and _NO_CREDIT.search(text):
        return Failure(ProviderCreditExhausted())
    kind = BY_STATUS_WORD.get(str(error.get("status"))) or BY_CODE.get(status) or UpstreamError
    wait = next((waits.parse_duration(each["retryDelay"]) for each in details if each.get("retryDelay")), None)
    retryable = status in RETRYABLE and not _is_of_a_day(details)
    return waits.failure(kind, headers, retryable=retryable, wait=wait)


def _is_of_a_day(details: list[dict[str, Any]]) -> bool:
    """Whether a quota of a day is used up, which does not pass soon."""
    violations = [each for detail in details for each in detail.get("violations") or () if isinstance(each, dict)]
    return any("PerDay" in str(each.get("quotaId")) for each in violations)
