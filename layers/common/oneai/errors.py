"""Every error of the API: its status, its stable code, and a sentence for the user.

    OneAIError
    ├── Unauthenticated 401          ├── ConversationBusy 409      ├── UpstreamUnavailable 503
    ├── Forbidden 403                ├── IdempotencyConflict 409   ├── UpstreamError 502
    ├── AccountSuspended 403         ├── QuotaExceeded 429         ├── EmptyAnswer 502
    ├── AccountDeleting 403          ├── RateLimited 429           ├── UpstreamTimeout 504
    ├── EmailNotConfirmed 403        ├── Busy 503                  └── InternalError 500
    ├── SecondFactorRequired 403     │
    ├── ModelNotInPlan 403           ├── ServicePaused 503
    ├── NotFound 404                 │
    ├── MethodNotAllowed 405         ├── InvalidRequest 422        ├── TokensUsedUp 502
    ├── UnknownModel 400             ├── BodyTooLarge 413
    ├── PreconditionFailed 412       ├── StorageFull 413
    ├── InvalidApiKey 401            ├── InsufficientQuota 429
    ├── InsufficientScope 403        ├── IpNotAllowed 403
    ├── ModelNotAllowed 403          │
    ├── DeletionFinal 409            ├── DocumentNotReady 409
    └── AttachmentNotReady 409

Those of plans and payments are in `billing_errors`, those of workspaces and chatbots in `workspace_errors` and
`chatbot_errors`. The codes are the contract with clients; the sentences may change. `envelope` renders all of them.
"""

import json
from typing import Any, ClassVar, Literal

type Extra = dict[str, Any]
# The problem with an access token: it is missing, it must be refreshed, it belongs to another project, or its user has
# to sign in again.
type TokenProblem = Literal["token_missing", "token_expired", "token_invalid", "session_ended"]

# Quota names in messages.
QUOTA_NAMES = {
    "small_messages": "answers from small models",
    "large_messages": "answers from large models",
    "image_generation": "images",
    "web_searches": "web searches",
    "tokens": "tokens",
    "cost": "budget for models",
}
# By the role that can raise what is used up, of a team.
_USED_UP = {
    None: "You have used up your {name} for now.",
    "admin": "You have used up your share of your team's {name} for now. An admin can raise it.",
    "owner": "Your team has used up its {name} for now. An owner can add more.",
}
MEGABYTE = 1_000_000
# Every error with a code of its own, by that code. A module adds its errors when it is imported.
BY_CODE: "dict[str, type[OneAIError]]" = {}


class OneAIError(Exception):
    """A refusal or failure that is shown to clients.

    `message` overrides the class's sentence; `retry_after` (whole seconds) becomes the header of that name;
    `extra` is merged into the `error` object beside `code` and `message`.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    sentence: ClassVar[str] = "Something went wrong on our side. Please try again."

    def __init_subclass__(cls) -> None:
        if "code" in vars(cls):
            BY_CODE[cls.code] = cls

    def __init__(self, message: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        self.message = message or self.sentence
        self.retry_after = retry_after
        self.extra: Extra = extra
        super().__init__(self.message)


class Unauthenticated(OneAIError):
    """Extra: reason, if the token is the problem."""

    status, code, sentence = 401, "unauthenticated", "Please sign in."

    def __init__(
        self,
        message: str | None = None,
        *,
        retry_after: int | None = None,
        reason: TokenProblem | None = None,
        **extra: Any,
    ) -> None:
        if reason is not None:
            extra["reason"] = reason
        super().__init__(message, retry_after=retry_after, **extra)


class Forbidden(OneAIError):
    status, code, sentence = 403, "forbidden", "You do not have permission to do this."


class AccountSuspended(OneAIError):
    status, code, sentence = 403, "account_suspended", "This account is suspended. Please contact support."


class AccountDeleting(OneAIError):
    """Extra: deletes_at, the time until which `POST /user/restore` undoes it."""

    status, code, sentence = 403, "account_deleting", "This account is being deleted. You can restore it until then."


class SecondFactorRequired(OneAIError):
    """The user has a second factor, and this session was signed in without it."""

    status, code, sentence = 403, "second_factor_required", "Please enter the code from your authenticator app."


class InvalidApiKey(OneAIError):
    """The same error for a key that never existed, is malformed, has expired, or is revoked."""

    status, code, sentence = 401, "invalid_api_key", "This API key is not valid."


class InsufficientScope(OneAIError):
    """Extra: scope, the one that the key lacks; absent if API keys are never accepted."""

    status, code, sentence = 403, "insufficient_scope", "API keys cannot do this. Please sign in."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        if message is None and "scope" in extra:
            message = f"This API key lacks the scope {extra['scope']}."
        super().__init__(message, retry_after=retry_after, **extra)


class IpNotAllowed(OneAIError):
    status, code, sentence = 403, "ip_not_allowed", "This API key is not accepted from your address."


class ModelNotAllowed(OneAIError):
    """Extra: model, the id of the model that the key may not use."""

    status, code, sentence = 403, "model_not_allowed", "This API key may not use this model."


class EmailNotConfirmed(OneAIError):
    status, code, sentence = 403, "email_not_confirmed", "Please confirm your email address first."


class ModelNotInPlan(OneAIError):
    """Extra: plans, the ids of the plans that include it."""

    status, code, sentence = 403, "model_not_in_plan", "This model is not part of your plan."


class NotFound(OneAIError):
    status, code, sentence = 404, "not_found", "This was not found."


class MethodNotAllowed(OneAIError):
    status, code, sentence = 405, "method_not_allowed", "This URL does not accept this method."


class UnknownModel(OneAIError):
    status, code, sentence = 400, "unknown_model", "This model does not exist."


class InvalidRequest(OneAIError):
    """`details=[{"field", "code", "message"}]` names every field that is wrong; see `field_errors`.

    The message repeats the problem of a single field, or lists the names of several.
    """

    status, code, sentence = 422, "invalid_request", "The request could not be understood."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        details = [{**each, "code": each.get("code", "invalid")} for each in extra.get("details", [])]
        if details:
            extra["details"] = details
        if message is None and details:
            names = ", ".join(dict.fromkeys(each["field"] for each in details))
            message = details[0]["message"] if len(details) == 1 else f"Some fields are wrong: {names}."
        super().__init__(message, retry_after=retry_after, **extra)


class BodyTooLarge(OneAIError):
    status, code, sentence = 413, "body_too_large", "The request is too large."


class StorageFull(OneAIError):
    """Extra: used_bytes, limit_bytes, needed_bytes for this request, of and raised_by as in QuotaExceeded; the message
    shows megabytes."""

    status, code = 413, "storage_full"
    advice: ClassVar[str] = "Delete chats that you no longer need, or choose a plan with more storage."
    sentence = f"There is not enough storage left. {advice}"

    def __init__(self, message: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        if message is None and extra:
            needed, limit = -(-extra["needed_bytes"] // MEGABYTE), extra["limit_bytes"] // MEGABYTE
            remaining = max(extra["limit_bytes"] - extra["used_bytes"], 0) // MEGABYTE
            advice = "An admin can raise your share of it." if extra.get("of") == "member" else self.advice
            message = f"This needs {needed:,} MB of storage, and you have {remaining:,} of {limit:,} MB left. {advice}"
        super().__init__(message, retry_after=retry_after, **extra)


class ConversationBusy(OneAIError):
    status, code = 409, "conversation_busy"
    sentence = "An answer is still being written in this chat."


class IdempotencyConflict(OneAIError):
    status, code = 409, "idempotency_conflict"
    sentence = "This message id was already used for something else."


class DocumentNotReady(OneAIError):
    """Extra: document_id, status."""

    status, code = 409, "document_not_ready"
    sentence = "A document of the question has not been read yet. Please try again when it is ready."


class AttachmentNotReady(OneAIError):
    """Extra: upload_id, status."""

    status, code = 409, "attachment_not_ready"
    sentence = "An attached file has not been read yet. Please try again when it is ready."


class PreconditionFailed(OneAIError):
    status, code, sentence = 412, "precondition_failed", "This was changed elsewhere in the meantime."


class QuotaExceeded(OneAIError):
    """Extra: quota_key, used, reserved, limit, resets_at, frequency; of, whose units are used up (`workspace`, or the
    `member` whose limit is reached), with raised_by, in a team the role that can raise it; alternatives, if the client
    receives them."""

    status, code, sentence = 429, "quota_exceeded", "You have used up a quota of your plan for now."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        if message is None and (name := QUOTA_NAMES.get(extra.get("quota_key", ""))):
            message = _USED_UP[extra.get("raised_by")].format(name=name)
        super().__init__(message, retry_after=retry_after, **extra)


class InsufficientQuota(OneAIError):
    """An API key's budget does not cover the request. Extra: window, budget_micro_usd, spent_micro_usd,
    reserved_micro_usd, needed_micro_usd, resets_at (null: never), and max_tokens, the maximum that would fit (null:
    none).
    """

    status, code, sentence = 429, "insufficient_quota", "The budget of this API key is spent."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        if message is None and extra.get("max_tokens"):
            message = (
                "The remaining budget of this API key does not cover the request. "
                f"It covers {extra['max_tokens']:,} tokens: set max_tokens to at most that."
            )
        super().__init__(message, retry_after=retry_after, **extra)


class RateLimited(OneAIError):
    """Extra, if a limit is exceeded: limit_name, limit; of (`workspace`), if a team's members together or a workspace's
    own servers have reached it; max_tokens, the maximum that would fit, if a request is too large for an API key's
    tokens per minute."""

    status, code, sentence = 429, "rate_limited", "Too many requests at once. Please slow down."


class Busy(OneAIError):
    status, code, sentence = 503, "busy", "We are busy right now. Please try again in a moment."


class Maintenance(OneAIError):
    """The service is closed to clients for a while; an operator's sentence explains it. Extra: ends_at, the expected
    end, null if unknown."""

    status, code, sentence = 503, "maintenance", "OneAI is under maintenance. Please try again later."


class ServicePaused(OneAIError):
    status, code, sentence = 503, "service_paused", "Answers are paused for today. Please try again later."


class UpstreamUnavailable(OneAIError):
    status, code = 503, "upstream_unavailable"
    sentence = "The model cannot be reached right now. Please try again later or choose another model."


class ModelBusy(UpstreamUnavailable):
    """The provider limits how much this model is asked."""

    code = "model_busy"
    sentence = "The model is busy right now. Please try again in a moment or choose another model."


class UpstreamError(OneAIError):
    status, code, sentence = 502, "upstream_error", "The model failed to answer. Please try again."


class EmptyAnswer(OneAIError):
    status, code, sentence = 502, "empty_answer", "The model gave an empty answer. Please try again."


class TokensUsedUp(OneAIError):
    """The model's reasoning used all tokens: it reached its limit before it wrote any text."""

    status, code = 502, "tokens_used_up"
    sentence = (
        "The model used up its tokens before it wrote an answer. "
        "Let it think less (reasoning), or allow it more tokens (max_tokens)."
    )


class UpstreamTimeout(OneAIError):
    status, code, sentence = 504, "timeout", "The model took too long to answer."


class LastAdmin(OneAIError):
    status, code = 409, "last_admin"
    sentence = "There would be no admin left. Grant the role to another user first."


class DeletionFinal(OneAIError):
    status, code = 409, "deletion_final"
    sentence = "The deletion has started and can no longer be undone."


class InternalError(OneAIError):
    code = "internal_error"


def envelope(error: OneAIError, request_id: str) -> dict[str, Any]:
    """The JSON of every error: `{"error": {"code", "message", …}, "request_id"}`."""
    return {"error": {"code": error.code, "message": error.message, **error.extra}, "request_id": request_id}


def envelope_bytes(error: OneAIError, request_id: str) -> bytes:
    """`envelope`, encoded."""
    return json.dumps(envelope(error, request_id), ensure_ascii=False, separators=(",", ":")).encode()


def headers(error: OneAIError) -> dict[str, str]:
    """The headers of a refusal: `Retry-After` if waiting helps, `RateLimit-*` if a quota is exhausted."""
    if error.retry_after is None:
        return {}
    wait = {"retry-after": str(error.retry_after)}
    if isinstance(error, QuotaExceeded):
        remaining = max(error.extra["limit"] - error.extra["used"] - error.extra["reserved"], 0)
    elif isinstance(error, RateLimited) and "limit" in error.extra:
        remaining = 0
    else:
        return wait
    return {
        **wait,
        "ratelimit-limit": str(error.extra["limit"]),
        "ratelimit-remaining": str(remaining),
        "ratelimit-reset": str(error.retry_after),
    }
