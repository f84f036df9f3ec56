"""Our errors in the format of OpenAI's clients: `{"error": {"message", "type", "param", "code"}}`, a status that says
whether a retry helps, and headers that say when.

OpenAI's libraries and others retry 408, 409, 429 and every status from 500 twice. So 409 is never used, and an error
that a retry cannot fix has `x-should-retry: false`.
"""

import json
import re
from typing import Any

from oneai import errors
from oneai.billing_errors import CreditsExhausted, NotSoldForCredits, SpendingLimitReached
from oneai.errors import (
    Busy,
    IdempotencyConflict,
    InsufficientQuota,
    InvalidRequest,
    ModelNotAllowed,
    ModelNotInPlan,
    NotFound,
    OneAIError,
    QuotaExceeded,
    RateLimited,
    ServicePaused,
    Unauthenticated,
    UnknownModel,
)
from oneai.models import ContextTooLong, QuestionDeclined
from oneai.provider_key_errors import OwnCreditExhausted, OwnKeyLimitReached

INVALID = "invalid_request_error"
# Type and code by status, for errors that are not listed below.
BY_STATUS = {
    400: (INVALID, None),
    401: (INVALID, "invalid_api_key"),
    402: ("insufficient_quota", "credits_exhausted"),
    403: ("permission_error", None),
    404: (INVALID, None),
    405: (INVALID, None),
    413: (INVALID, None),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    502: ("server_error", "upstream_error"),
    503: ("server_error", "server_is_overloaded"),
    504: ("server_error", "timeout"),
}
# OpenAI's codes of invalid fields that differ from `invalid_value`.
FIELD_CODES = {
    "required": "missing_required_parameter",
    "unsupported_type": "unsupported_value",
    "no_vision": "unsupported_value",
    "no_web_search": "unsupported_value",
}
# Nothing that a client's library waits for helps against these.
_NOT_RETRIED = (
    QuotaExceeded
    | InsufficientQuota
    | ServicePaused
    | CreditsExhausted
    | SpendingLimitReached
    | OwnKeyLimitReached
    | OwnCreditExhausted
)
# The delay in seconds of a retry, for errors without their own.
SECONDS_WHILE_BUSY = 2
# OpenAI's library for Node waits no longer than this. With a longer wait, it retries within seconds, in vain.
MAX_WAIT_SECONDS = 60


def status(error: OneAIError) -> int:
    """The HTTP status. OpenAI uses neither 409, which clients would retry, nor 422."""
    if isinstance(error, InvalidRequest | IdempotencyConflict | ContextTooLong | QuestionDeclined):
        return 400
    return 404 if isinstance(error, UnknownModel) else type(error).status


def error_object(error: OneAIError) -> dict[str, Any]:
    """The `error` object, with all four keys."""
    kind, code, param = _type_code_param(error)
    return {"message": error.message, "type": kind, "param": param, "code": code}


def body(error: OneAIError, request_id: str) -> bytes:
    """The body of an error."""
    content = {"error": error_object(error), "request_id": request_id}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def headers(error: OneAIError) -> dict[str, str]:
    """`retry-after` in whole seconds and milliseconds, and `x-should-retry`, which OpenAI's libraries obey."""
    result = errors.headers(error)
    # The request is larger than an API key's tokens per minute, so waiting does not help.
    too_large = isinstance(error, RateLimited) and "max_tokens" in error.extra
    if too_large or isinstance(error, _NOT_RETRIED):
        return {**result, "x-should-retry": "false"}
    seconds = error.retry_after or (SECONDS_WHILE_BUSY if isinstance(error, Busy | RateLimited) else None)
    if seconds is not None:
        result |= {"retry-after": str(seconds), "retry-after-ms": str(seconds * 1000)}
        if seconds > MAX_WAIT_SECONDS:
            result["x-should-retry"] = "false"
    return result


def _type_code_param(error: OneAIError) -> tuple[str, str | None, str | None]:
    match error:
        case InvalidRequest():
            return _invalid(error)
        case ContextTooLong():
            return INVALID, "context_length_exceeded", "messages"
        case QuestionDeclined():
            return INVALID, "content_policy_violation", None
        case UnknownModel():
            return INVALID, "model_not_found", "model"
        case ModelNotInPlan() | ModelNotAllowed() | NotSoldForCredits():
            return "permission_error", "model_not_allowed", "model"
        case QuotaExceeded() | InsufficientQuota():
            return "insufficient_quota", "insufficient_quota", None
        case SpendingLimitReached() | OwnKeyLimitReached() | OwnCreditExhausted():
            return "insufficient_quota", error.code, None
        case RateLimited() if "token" in error.extra.get("limit_name", ""):
            return "tokens", "rate_limit_exceeded", None
        case NotFound():
            return INVALID, "unknown_url", None
        case Unauthenticated():
            return INVALID, "invalid_api_key", None
    kind, code = BY_STATUS.get(status(error), BY_STATUS[500])
    return kind, code or error.code, None


def _invalid(error: InvalidRequest) -> tuple[str, str | None, str | None]:
    details = error.extra.get("details") or [{"field": None, "code": "invalid"}]
    field, code = details[0]["field"], details[0]["code"]
    if field == "message":
        # The length of all messages, which the plan limits.
        return INVALID, "context_length_exceeded", "messages"
    if field == "web_search":
        field = "web_search_options"
    param = None if field in (None, "body") else re.sub(r"\.(\d+)", r"[\1]", field)
    return INVALID, FIELD_CODES.get(code, "invalid_value"), param
