"""The error envelope: its schema, and an example of each code."""

from typing import Any, get_args

from oneai.billing.credit_refund import NoRefund
from oneai.errors import BY_CODE, InsufficientQuota, StorageFull, TokenProblem
from oneai.field_errors import FieldErrorCode
from oneai.workspace_errors import RoleInsufficient

_CODE = {"$ref": "#/components/schemas/ErrorCode"}

SCHEMAS: dict[str, Any] = {
    "ErrorCode": {
        "type": "string",
        "description": "The closed list of codes; stable names for clients.",
        "enum": sorted(BY_CODE),
    },
    "FieldErrorCode": {
        "type": "string",
        "description": "The possible problems of a field.",
        "enum": list(get_args(FieldErrorCode)),
    },
    "FieldError": {
        "type": "object",
        "description": "The problem of one field.",
        "properties": {
            "field": {"type": "string", "description": "The path of the field; `body` for the whole body."},
            "code": {
                "$ref": "#/components/schemas/FieldErrorCode",
                "description": "The problem; a stable name that clients can translate.",
            },
            "message": {"type": "string", "description": "A sentence for the user; it may change."},
        },
        "required": ["field", "code", "message"],
        "additionalProperties": False,
    },
    "Alternative": {
        "type": "object",
        "description": "What the user can do instead.",
        "properties": {
            "kind": {
                "type": "string",
                "enum": ["model", "wait", "credits", "upgrade"],
                "description": "Use another model, wait, buy credits, or choose a larger plan.",
            },
            "model": {"type": "string", "description": "With `model`: a model of another quota that has units left."},
            "quota_key": {"type": "string", "description": "With `model`: the quota of that model."},
            "at": {
                "type": "string",
                "format": "date-time",
                "description": "With `wait`: when units are available again.",
            },
            "tier": {"type": "string", "description": "With `upgrade`: a plan with enough units."},
        },
        "required": ["kind"],
    },
    "Error": {
        "type": "object",
        "description": "An error. Besides `code` and `message` it has the fields of its code.",
        "properties": {
            "code": {**_CODE, "description": "The code; a stable name for clients."},
            "message": {"type": "string", "description": "A sentence for the user; it may change."},
            "details": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/FieldError"},
                "description": "With `invalid_request`: the invalid fields.",
            },
            "reason": {
                "type": "string",
                "enum": list(get_args(TokenProblem.__value__)),
                "description": "With `unauthenticated`: the problem with the access token. With `token_expired` "
                "it can be refreshed, with `session_ended` the user has to sign in again.",
            },
            "challenge": {
                "type": "object",
                "description": "With `proof_required`: a challenge of ALTCHA's second protocol, with its `parameters` "
                "and `signature`.",
            },
            "deletes_at": {
                "type": "string",
                "format": "date-time",
                "description": "With `account_deleting` and `workspace_deleting`: until when the deletion can be "
                "undone.",
            },
            "state": {
                "type": "string",
                "enum": ["paid", "withdrawn", "expired", "refused", "revoked"],
                "description": "With `offer_not_open`: what became of the offer. With `own_key_not_usable`: `refused` "
                "by its provider, or `revoked`, because it was found in public.",
            },
            "ends_at": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "With `maintenance`: when it is expected to end; null: unknown.",
            },
            "retry_after": {
                "type": "integer",
                "minimum": 0,
                "description": "In a stream, in place of the header `Retry-After`: the seconds after which asking "
                "again may help.",
            },
            "provider": {
                "type": "string",
                "description": "With `provider_key_refused` and `provider_credit_exhausted`: whose key it is, such as "
                "`openai`.",
            },
            "limit_name": {
                "type": "string",
                "description": "With `rate_limited`: the exceeded limit, if it belongs to a user, an address, an API "
                "key, a workspace's own servers (`custom_answers_at_once`) or its requests to a payment provider "
                "(`payment_provider_requests`). With `own_key_limit_reached`: the field of the key's limits.",
            },
            "plans": {
                "type": "array",
                "items": {"type": "string"},
                "description": "With `model_not_in_plan`: the plans that include the model, cheapest first.",
            },
            "model": {
                "type": "string",
                "description": "With `unknown_model`: the model that is not available. With `model_not_allowed`: "
                "the model that the API key may not use.",
            },
            "scope": {"type": "string", "description": "With `insufficient_scope`: the scope that the API key lacks."},
            "required_role": {
                "type": "string",
                "enum": ["viewer", "member", "admin", "owner"],
                "description": "With `role_insufficient`: the lowest role in the workspace that may do this.",
            },
            "enrol_at": {
                "type": "string",
                "description": "With `second_factor_missing`: the page on which you turn two-step verification on.",
            },
            "seats": {"type": "integer", "description": "With `no_seat_left`: the team's seats."},
            "seats_taken": {
                "type": "integer",
                "description": "With `no_seat_left`: those of members and open invitations.",
            },
            "viewers": {"type": "integer", "description": "With `no_seat_left` of a viewer: the most that fit."},
            "viewers_taken": {
                "type": "integer",
                "description": "With `no_seat_left` of a viewer: the viewers, and open invitations of viewers.",
            },
            "email_hint": {
                "type": "string",
                "description": "With `invitation_for_another_address`: the invited address, mostly hidden.",
            },
            "workspaces": {
                "type": "array",
                "items": {"type": "object", "additionalProperties": True},
                "description": "With `last_owner` of an account: the teams that would have no owner left, as "
                "`{id, name, slug}`.",
            },
            "within_minutes": {
                "type": "integer",
                "description": "With `recent_sign_in_required`: for how many minutes a sign-in is recent.",
            },
            "window": {"type": "string", "description": "With `insufficient_quota`: the window of the budget."},
            "budget_micro_usd": {"type": "integer", "description": "With `insufficient_quota`: the API key's budget."},
            "spent_micro_usd": {"type": "integer", "description": "The spent part of the budget or limit."},
            "reserved_micro_usd": {
                "type": "integer",
                "description": "With `insufficient_quota`: the maximum cost of running answers.",
            },
            "needed_micro_usd": {
                "type": "integer",
                "description": "The maximum cost of this request.",
            },
            "max_tokens": {
                "type": ["integer", "null"],
                "description": "With `insufficient_quota`: the maximum tokens of an answer that would fit; null: none. "
                "With `rate_limited`: the same for an API key's tokens per minute.",
            },
            "message_id": {
                "type": "string",
                "format": "uuid",
                "description": "With `conversation_busy`: the running answer.",
            },
            "document_id": {
                "type": "string",
                "format": "uuid",
                "description": "With `document_not_ready`: the document that has not been read.",
            },
            "upload_id": {
                "type": "string",
                "format": "uuid",
                "description": "With `attachment_not_ready`: the upload that has not been read.",
            },
            "status": {
                "type": "string",
                "description": "With `document_not_ready` and `attachment_not_ready`: the status of the file.",
            },
            "fault": {
                "type": "string",
                "enum": ["form", "signature", "expiry", "audience", "subject"],
                "description": "With `identity_invalid`: what is wrong with it.",
            },
            "quota_key": {"type": "string", "description": "With `quota_exceeded`: the exhausted quota."},
            "used": {
                "type": "integer",
                "description": "With `quota_exceeded`: units used in the current window. With `own_key_limit_reached`: "
                "what counts against the limit, in its unit.",
            },
            "reserved": {"type": "integer", "description": "With `quota_exceeded`: units held for running answers."},
            "limit": {
                "type": "integer",
                "description": "With `quota_exceeded`: units of the window. With `rate_limited`: the limit "
                "per minute or at a time. With `own_key_limit_reached`: that of the key.",
            },
            "resets_at": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "With `quota_exceeded`: when the next window starts. With `rate_limited`: when the day "
                "with the reached ceiling ends. With `insufficient_quota` and `spending_limit_reached`: when it is "
                "renewed.",
            },
            "frequency": {"type": ["string", "null"], "description": "With `quota_exceeded`: how long a window is."},
            "of": {
                "type": "string",
                "enum": ["workspace", "member", "chatbot", "api_key"],
                "description": "Which limit is reached: that of the workspace, or the member's own share of it. With "
                "`quota_exceeded`, and with `rate_limited` for the daily ceiling. With `chatbot_spent`: that of the "
                "chatbot, or of all of the workspace. With `spending_limit_reached`: whose limit of credits.",
            },
            "period": {
                "type": "string",
                "enum": ["hour", "day", "month"],
                "description": "With `chatbot_spent`: the period whose budget has no room.",
            },
            "raised_by": {
                "type": "string",
                "enum": ["admin", "owner"],
                "description": "With `of`, in a team: the lowest role that can raise this limit.",
            },
            "limit_id": {
                "type": "string",
                "format": "uuid",
                "description": "With `spending_limit_reached`: the id of `of`.",
            },
            "limit_micro_usd": {"type": "integer", "description": "With `spending_limit_reached`: the month's limit."},
            "available_micro_usd": {"type": "integer", "description": "With `credits_exhausted`: the credits left."},
            "source": {
                "type": "string",
                "enum": ["credits"],
                "description": "With `service_paused`: only answers that credits pay are paused.",
            },
            "refused": {
                "type": "string",
                "enum": list(get_args(NoRefund.__value__)),
                "description": "With `credits_not_refundable`: why.",
            },
            "max_micro_usd": {
                "type": "integer",
                "description": "With `credit_limit_reached`: what may be bought in all.",
            },
            "left_micro_usd": {
                "type": "integer",
                "description": "With `credit_limit_reached`: what may still be bought.",
            },
            "counted_by": {
                "type": "string",
                "enum": ["person", "address", "instrument"],
                "description": "With `credit_limit_reached`: what the limit belongs to.",
            },
            "assignee": {
                "$ref": "#/components/schemas/Assignee",
                "description": "With `claimed`: the member who has the conversation.",
            },
            "alternatives": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Alternative"},
                "description": "With `quota_exceeded` and `credits_exhausted`: what the user can do instead.",
            },
            "checks": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/HealthCheck"},
                "description": "With `busy` of a deep health check, for admins and support: the results.",
            },
            "used_bytes": {"type": "integer", "description": "With `storage_full`: the stored bytes."},
            "limit_bytes": {"type": "integer", "description": "With `storage_full`: the plan's limit."},
            "needed_bytes": {
                "type": "integer",
                "description": "With `storage_full`: the bytes that this request needs.",
            },
        },
        "required": ["code", "message"],
    },
    "Refusal": {
        "type": "object",
        "description": "The body of every answer that is not a success.",
        "properties": {
            "error": {"$ref": "#/components/schemas/Error", "description": "What happened."},
            "request_id": {"type": "string", "description": "The request's id, as in the header `X-Request-Id`."},
            "allowed": {"type": "boolean", "description": "False in the answer to a check."},
        },
        "required": ["error", "request_id"],
        "additionalProperties": False,
    },
}

_FULL: dict[str, Any] = {"used_bytes": 187_200_000, "limit_bytes": 200_000_000, "needed_bytes": 40_000_000}
_MORE: dict[str, dict[str, Any]] = {
    "invalid_request": {
        "message": "The message is empty.",
        "details": [{"field": "message", "code": "empty", "message": "The message is empty."}],
    },
    "unauthenticated": {"reason": "token_expired", "message": "Your session has ended. Please sign in again."},
    "unknown_model": {"model": "openai/gpt-3"},
    "model_not_in_plan": {
        "message": "This model is not part of your plan. Pro and Enterprise have it.",
        "plans": ["pro", "enterprise"],
    },
    "document_not_ready": {"document_id": "3f0c2c5e-6d0b-4f1e-9a53-1c2d3e4f5a6b", "status": "extracting"},
    "attachment_not_ready": {"upload_id": "3f0c2c5e-6d0b-4f1e-9a53-1c2d3e4f5a6b", "status": "extracting"},
    "conversation_busy": {"message_id": "0b5201c8-7a4f-4f0e-9d53-0e6a3c1f2b77"},
    "storage_full": {
        "message": StorageFull(**_FULL).message,
        **_FULL,
    },
    "insufficient_scope": {"message": "This API key lacks the scope usage:read.", "scope": "usage:read"},
    "role_insufficient": {
        "message": RoleInsufficient(required_role="admin").message,
        "required_role": "admin",
    },
    "second_factor_missing": {"enrol_at": "/settings/profile"},
    "recent_sign_in_required": {"within_minutes": 60},
    "last_owner": {
        "workspaces": [{"id": "c7d2f1a0-84b3-4e6f-9a15-3d6b8e2f7010", "name": "Nilgiri Tea", "slug": "nilgiri-tea"}]
    },
    "workspace_deleting": {"deletes_at": "2026-12-26T09:30:00Z"},
    "model_not_allowed": {"model": "openai/gpt-4.1"},
    "insufficient_quota": {
        "message": InsufficientQuota(max_tokens=1200).message,
        "window": "month",
        "budget_micro_usd": 5_000_000,
        "spent_micro_usd": 4_990_000,
        "reserved_micro_usd": 0,
        "needed_micro_usd": 34_000,
        "max_tokens": 1200,
        "resets_at": "2026-12-01T00:00:00Z",
    },
    "maintenance": {
        "message": "We are moving the database and will be back within half an hour.",
        "ends_at": "2026-11-23T20:30:00Z",
    },
    "quota_exceeded": {
        "message": "You have used up your answers from large models for now.",
        "quota_key": "large_messages",
        "used": 20,
        "reserved": 0,
        "limit": 20,
        "resets_at": "2026-12-01T00:00:00Z",
        "frequency": "monthly",
        "of": "workspace",
        "alternatives": [
            {"kind": "model", "model": "openai/gpt-4.1-mini", "quota_key": "small_messages"},
            {"kind": "wait", "at": "2026-12-01T00:00:00Z"},
            {"kind": "credits"},
            {"kind": "upgrade", "tier": "pro"},
        ],
    },
}


def example(code: str) -> dict[str, Any]:
    """An error with this code, as a client receives it."""
    error = {"code": code, "message": BY_CODE[code].sentence, **_MORE.get(code, {})}
    return {"error": error, "request_id": "5f2b1c7e-9a53-4d3b-8f58-2f6c0a1e7d44"}
