"""The errors of every route: the codes by route, as responses that operations reference."""

from typing import Any

from oneai.errors import BY_CODE
from openapi.error_schemas import example

ALWAYS = ("invalid_request", "body_too_large", "rate_limited", "busy", "internal_error", "timeout")
# Except for routes that need no database, and routes that report the service's state.
EVERYWHERE = (*ALWAYS, "maintenance")
SIGNED_IN = (
    "unauthenticated",
    "forbidden",
    "account_suspended",
    "account_deleting",
    "second_factor_required",
    "invalid_api_key",
    "insufficient_scope",
    *("workspace_not_found", "role_insufficient", "workspace_suspended", "workspace_deleting"),
    "second_factor_missing",
    *EVERYWHERE,
)
# For routes that accept API keys.
WITH_KEY = (*SIGNED_IN, "ip_not_allowed")
ASKING = (
    "unknown_model",
    "email_not_confirmed",
    "model_not_in_plan",
    "not_found",
    "conversation_busy",
    "document_not_ready",
    "attachment_not_ready",
    "idempotency_conflict",
    *("quota_exceeded", "no_seat_left"),
    "service_paused",
    *("upstream_unavailable", "model_busy", "operator_notified"),
    *SIGNED_IN,
)
BUYING = (
    "email_not_confirmed",
    "contact_sales",
    "billing_details_required",
    "already_subscribed",
    "subscription_not_changeable",
    "payment_provider_unavailable",
    *SIGNED_IN,
)
CHANGING_A_WORKSPACE = (
    *("workspace_not_found", "role_insufficient", "personal_workspace", "name_taken"),
    *SIGNED_IN,
)
IN_A_TEAM = ("personal_workspace", *SIGNED_IN)
INVITING = ("no_seat_left", *IN_A_TEAM)

OF_A_CHATBOT = ("chatbot_not_found", *SIGNED_IN)

BY_ROUTE: dict[tuple[str, str], tuple[str, ...]] = {
    ("post", "/chatbots"): ("chatbot_limit_reached", "upstream_unavailable", *SIGNED_IN),
    ("get", "/chatbots"): SIGNED_IN,
    ("get", "/chatbots/{id}"): OF_A_CHATBOT,
    ("put", "/chatbots/{id}"): ("upstream_unavailable", *OF_A_CHATBOT),
    ("patch", "/chatbots/{id}"): ("upstream_unavailable", *OF_A_CHATBOT),
    ("delete", "/chatbots/{id}"): OF_A_CHATBOT,
    ("post", "/chatbots/{id}/restore"): ("chatbot_limit_reached", *OF_A_CHATBOT),
    ("post", "/chatbots/{id}/publish"): ("plan_publishes_no_chatbot", "upstream_unavailable", *OF_A_CHATBOT),
    ("post", "/chatbots/{id}/toggle"): ("chatbot_not_published", "plan_publishes_no_chatbot", *OF_A_CHATBOT),
    ("post", "/chatbots/{id}/duplicate"): ("chatbot_limit_reached", *OF_A_CHATBOT),
    ("post", "/chatbots/{id}/reset"): OF_A_CHATBOT,
    ("get", "/chatbots/{id}/versions"): OF_A_CHATBOT,
    ("post", "/chatbots/{id}/versions/{version}/restore"): OF_A_CHATBOT,
    ("delete", "/workspaces/{id}"): (
        *("recent_sign_in_required", "personal_workspace", "workspace_not_found", "role_insufficient"),
        "workspace_suspended",
        *SIGNED_IN,
    ),
    ("post", "/workspaces/{id}/restore"): (
        *("deletion_final", "workspace_not_found", "role_insufficient", "workspace_suspended"),
        *SIGNED_IN,
    ),
    ("post", "/workspaces/{id}/transfer"): (
        *("personal_workspace", "workspace_not_found", "role_insufficient", "workspace_suspended"),
        "workspace_deleting",
        *SIGNED_IN,
    ),
    ("get", "/workspaces/{id}/transfer"): ("not_found", "workspace_not_found", "workspace_suspended", *SIGNED_IN),
    ("delete", "/workspaces/{id}/transfer"): (
        *("workspace_not_found", "role_insufficient", "workspace_suspended"),
        *SIGNED_IN,
    ),
    ("post", "/workspaces/{id}/transfer/accept"): (
        *("not_found", "email_not_confirmed", "no_seat_left", "personal_workspace", "workspace_not_found"),
        *("workspace_suspended", "workspace_deleting"),
        *SIGNED_IN,
    ),
    ("get", "/workspaces/{id}/audit"): (
        *("workspace_not_found", "role_insufficient", "workspace_suspended"),
        *SIGNED_IN,
    ),
    ("post", "/chat/stream"): ASKING,
    ("post", "/chat/ui-stream"): ASKING,
    ("get", "/chat/ui-stream/{id}"): ("not_found", *SIGNED_IN),
    ("get", "/chat/ui-stream/{id}/stream"): ("not_found", *SIGNED_IN),
    ("get", "/chat/stream/{message_id}"): ("not_found", *SIGNED_IN),
    ("post", "/chat/stop"): ("not_found", *SIGNED_IN),
    ("get", "/chat/models"): ("upstream_unavailable", *SIGNED_IN),
    ("get", "/chat/history"): WITH_KEY,
    ("get", "/conversations"): WITH_KEY,
    ("post", "/conversations"): ("unknown_model", "upstream_unavailable", *WITH_KEY),
    ("delete", "/conversations"): WITH_KEY,
    ("post", "/conversations/bulk"): WITH_KEY,
    ("get", "/conversations/labels"): WITH_KEY,
    ("get", "/conversations/{id}"): ("not_found", *WITH_KEY),
    ("patch", "/conversations/{id}"): (
        "unknown_model",
        "not_found",
        "precondition_failed",
        "personal_workspace",
        "role_insufficient",
        *("upstream_unavailable", "model_busy", "operator_notified"),
        *WITH_KEY,
    ),
    ("post", "/conversations/{id}/copy"): (
        *("not_found", "role_insufficient", "storage_full", "workspace_suspended", "workspace_deleting"),
        *SIGNED_IN,
    ),
    ("post", "/conversations/{id}/move"): (
        *("not_found", "workspace_not_found", "role_insufficient", "conversation_busy", "attachment_not_ready"),
        *("storage_full", "workspace_suspended", "workspace_deleting"),
        *SIGNED_IN,
    ),
    ("delete", "/conversations/{id}"): ("not_found", *WITH_KEY),
    ("put", "/conversations/{id}/title"): ("not_found", *WITH_KEY),
    ("patch", "/conversations/{id}/messages/{mid}"): ("not_found", "conversation_busy", *WITH_KEY),
    ("get", "/conversations/{id}/messages/{mid}/reasoning"): ("not_found", *WITH_KEY),
    ("get", "/conversations/{id}/messages/{mid}/revisions"): ("not_found", *WITH_KEY),
    ("post", "/conversations/{id}/messages/{mid}/activation"): ("not_found", *WITH_KEY),
    ("put", "/conversations/{id}/messages/{mid}/feedback"): ("not_found", *WITH_KEY),
    ("get", "/conversations/{id}/messages"): ("not_found", *WITH_KEY),
    ("get", "/search"): WITH_KEY,
    ("post", "/conversations/{id}/share"): ("not_found", *SIGNED_IN),
    ("get", "/conversations/{id}/shares"): ("not_found", *SIGNED_IN),
    ("get", "/shares"): SIGNED_IN,
    ("delete", "/shares/{id}"): ("not_found", *SIGNED_IN),
    ("get", "/shared/{token}"): ("not_found", *EVERYWHERE),
    ("post", "/shared/{token}/fork"): ("not_found", "storage_full", *SIGNED_IN),
    ("post", "/shared/{token}/report"): ("not_found", *EVERYWHERE),
    ("get", "/docs/search"): ALWAYS,
    ("get", "/documents/search"): WITH_KEY,
    ("post", "/docs/feedback"): EVERYWHERE,
    ("post", "/uploads"): ("storage_full", *SIGNED_IN),
    ("get", "/uploads/{id}"): ("not_found", *SIGNED_IN),
    ("get", "/documents"): WITH_KEY,
    ("post", "/documents"): ("not_found", "storage_full", *WITH_KEY),
    ("post", "/documents/upload"): ("not_found", "storage_full", *WITH_KEY),
    ("post", "/documents/bulk"): WITH_KEY,
    ("post", "/documents/bulk-upload"): WITH_KEY,
    ("delete", "/documents/bulk-delete"): WITH_KEY,
    ("post", "/documents/bulk-reprocess"): WITH_KEY,
    ("get", "/documents/{id}"): ("not_found", *WITH_KEY),
    ("put", "/documents/{id}"): ("not_found", "role_insufficient", *WITH_KEY),
    ("patch", "/documents/{id}"): ("not_found", "role_insufficient", *WITH_KEY),
    ("delete", "/documents/{id}"): ("not_found", "role_insufficient", *WITH_KEY),
    ("post", "/documents/{id}/reprocess"): (
        *("not_found", "document_not_ready", "unknown_model", "model_not_in_plan", "model_not_allowed"),
        *("quota_exceeded", "insufficient_quota", "service_paused", "email_not_confirmed", "upstream_unavailable"),
        *WITH_KEY,
    ),
    ("post", "/documents/{id}/summary"): (
        *("not_found", "document_not_ready", "unknown_model", "model_not_in_plan", "model_not_allowed"),
        *("quota_exceeded", "insufficient_quota", "service_paused", "email_not_confirmed", "upstream_unavailable"),
        *WITH_KEY,
    ),
    ("get", "/documents/{id}/download"): ("not_found", *WITH_KEY),
    ("get", "/documents/{id}/chunks"): ("not_found", *WITH_KEY),
    ("get", "/documents/{id}/stats"): ("not_found", *WITH_KEY),
    ("get", "/collections"): WITH_KEY,
    ("post", "/collections"): WITH_KEY,
    ("patch", "/collections/{id}"): ("not_found", "role_insufficient", *WITH_KEY),
    ("delete", "/collections/{id}"): ("not_found", "role_insufficient", *WITH_KEY),
    ("get", "/conversations/{id}/summary"): ("not_found", *WITH_KEY),
    ("get", "/conversations/{id}/export"): ("not_found", *SIGNED_IN),
    ("post", "/exports"): SIGNED_IN,
    ("post", "/exports/departure"): ("not_found", *SIGNED_IN),
    ("get", "/exports/{id}"): ("not_found", *SIGNED_IN),
    ("post", "/import"): ("not_found", "storage_full", *SIGNED_IN),
    ("get", "/import/{id}"): ("not_found", *SIGNED_IN),
    ("get", "/quota/status"): SIGNED_IN,
    ("get", "/user/quota"): SIGNED_IN,
    ("post", "/quota/quote"): (
        "unknown_model",
        "email_not_confirmed",
        "model_not_in_plan",
        "not_found",
        "service_paused",
        *("upstream_unavailable", "model_busy", "operator_notified"),
        *SIGNED_IN,
    ),
    ("post", "/quota/check"): ("quota_exceeded", *SIGNED_IN),
    ("get", "/conversations/{id}/messages/{mid}/receipt"): ("not_found", *WITH_KEY),
    ("get", "/user/usage"): WITH_KEY,
    ("get", "/user/usage/export"): WITH_KEY,
    ("get", "/user/usage/forecast"): WITH_KEY,
    ("get", "/auth/callback"): EVERYWHERE,
    ("post", "/auth/callback"): ("account_suspended", "email_not_confirmed", *EVERYWHERE),
    ("get", "/auth/session"): SIGNED_IN,
    ("post", "/auth/session"): ("unauthenticated", "account_suspended", *EVERYWHERE),
    ("post", "/auth/verify"): EVERYWHERE,
    ("post", "/auth/sign-out"): SIGNED_IN,
    ("get", "/auth/sessions"): SIGNED_IN,
    ("delete", "/auth/sessions/{id}"): ("not_found", *SIGNED_IN),
    ("get", "/workspaces"): SIGNED_IN,
    ("post", "/workspaces"): ("email_not_confirmed", "name_taken", *SIGNED_IN),
    ("get", "/workspaces/{id}"): ("workspace_not_found", *SIGNED_IN),
    ("put", "/workspaces/{id}"): CHANGING_A_WORKSPACE,
    ("patch", "/workspaces/{id}"): CHANGING_A_WORKSPACE,
    ("post", "/workspaces/{id}/leave"): ("last_owner", *IN_A_TEAM),
    ("get", "/team/members"): IN_A_TEAM,
    ("put", "/team/members/{user_id}"): ("not_found", "last_owner", *INVITING),
    ("delete", "/team/members/{user_id}"): ("not_found", "last_owner", *IN_A_TEAM),
    ("post", "/team/invite"): INVITING,
    ("get", "/team/invitations"): IN_A_TEAM,
    ("get", "/team/invitations/{id}"): ("not_found", *IN_A_TEAM),
    ("delete", "/team/invitations/{id}"): ("not_found", *IN_A_TEAM),
    ("post", "/team/invitations/{id}/resend"): ("not_found", "invitation_ended", *INVITING),
    ("post", "/invitations/lookup"): ("invitation_ended", *EVERYWHERE),
    ("post", "/invitations/accept"): (
        *("invitation_ended", "invitation_for_another_address", "email_not_confirmed", "no_seat_left"),
        *SIGNED_IN,
    ),
    ("get", "/me"): SIGNED_IN,
    ("get", "/user/picture"): ("not_found", *SIGNED_IN),
    ("put", "/user/picture"): SIGNED_IN,
    ("delete", "/user/picture"): SIGNED_IN,
    ("get", "/user/profile"): SIGNED_IN,
    ("patch", "/user/profile"): SIGNED_IN,
    ("get", "/admin/overview"): ("not_found", *SIGNED_IN),
    ("get", "/admin/docs-feedback"): ("not_found", *SIGNED_IN),
    ("get", "/admin/analytics/usage"): ("not_found", *SIGNED_IN),
    ("get", "/admin/analytics/revenue"): ("not_found", *SIGNED_IN),
    ("get", "/admin/analytics/cost"): ("not_found", *SIGNED_IN),
    ("get", "/admin/analytics/performance"): ("not_found", *SIGNED_IN),
    ("get", "/admin/users"): ("not_found", *SIGNED_IN),
    ("get", "/admin/users/{id}"): ("not_found", *SIGNED_IN),
    ("post", "/admin/users/{id}/suspend"): ("not_found", "last_admin", *SIGNED_IN),
    ("post", "/admin/users/{id}/unsuspend"): ("not_found", *SIGNED_IN),
    ("post", "/admin/users/{id}/sign-out"): ("not_found", *SIGNED_IN),
    ("delete", "/admin/users/{id}"): ("not_found", "last_admin", "last_owner", *SIGNED_IN),
    ("put", "/admin/users/{id}/role"): ("not_found", "last_admin", *SIGNED_IN),
    ("get", "/admin/quotas"): ("not_found", *SIGNED_IN),
    ("post", "/admin/users/{id}/quotas/{quota_key}/reset"): ("not_found", *SIGNED_IN),
    ("get", "/admin/quota-overrides"): ("not_found", *SIGNED_IN),
    ("post", "/admin/users/{id}/quota-overrides"): ("not_found", *SIGNED_IN),
    ("post", "/admin/quota-overrides/{id}/revoke"): ("not_found", *SIGNED_IN),
    ("get", "/admin/plan-grants"): ("not_found", *SIGNED_IN),
    ("post", "/admin/users/{id}/plan-grants"): ("not_found", *SIGNED_IN),
    ("post", "/admin/plan-grants/{id}/revoke"): ("not_found", *SIGNED_IN),
    ("get", "/admin/subscriptions"): ("not_found", *SIGNED_IN),
    ("get", "/admin/subscriptions/{id}"): ("not_found", *SIGNED_IN),
    ("post", "/admin/subscriptions/{id}/sync"): ("not_found", *SIGNED_IN),
    ("get", "/admin/payments"): ("not_found", *SIGNED_IN),
    ("get", "/admin/payments/{id}/refund"): ("not_found", *SIGNED_IN),
    ("post", "/admin/payments/{id}/refund"): ("not_found", "precondition_failed", *SIGNED_IN),
    ("post", "/admin/payments/{id}/release"): ("not_found", *SIGNED_IN),
    ("get", "/admin/provider-events"): ("not_found", *SIGNED_IN),
    ("get", "/admin/provider-events/{id}"): ("not_found", *SIGNED_IN),
    ("post", "/admin/provider-events/{id}/replay"): ("not_found", *SIGNED_IN),
    ("get", "/admin/provider-operations"): ("not_found", *SIGNED_IN),
    ("post", "/admin/provider-operations/{id}/retry"): ("not_found", *SIGNED_IN),
    ("get", "/admin/requests/{request_id}"): ("not_found", *SIGNED_IN),
    ("get", "/admin/shares"): ("not_found", *SIGNED_IN),
    ("post", "/admin/shares/{id}/take-down"): ("not_found", *SIGNED_IN),
    ("post", "/admin/shares/{id}/dismiss"): ("not_found", *SIGNED_IN),
    ("get", "/admin/jobs"): ("not_found", *SIGNED_IN),
    ("get", "/admin/dead-letters"): ("not_found", *SIGNED_IN),
    ("post", "/admin/dead-letters/{kind}/{id}/retry"): ("not_found", *SIGNED_IN),
    ("get", "/admin/maintenance"): ("not_found", *SIGNED_IN),
    ("put", "/admin/maintenance"): ("not_found", *SIGNED_IN),
    ("delete", "/admin/maintenance"): ("not_found", *SIGNED_IN),
    ("get", "/admin/model-sections"): ("not_found", *SIGNED_IN),
    ("put", "/admin/model-sections/{section}"): ("not_found", *SIGNED_IN),
    ("get", "/admin/model-sections/{section}/preview"): ("not_found", *SIGNED_IN),
    ("get", "/admin/incidents"): ("not_found", *SIGNED_IN),
    ("post", "/admin/incidents"): ("not_found", *SIGNED_IN),
    ("post", "/admin/incidents/{id}/updates"): ("not_found", *SIGNED_IN),
    ("get", "/admin/workspaces"): ("not_found", *SIGNED_IN),
    ("get", "/admin/workspaces/{id}"): ("not_found", *SIGNED_IN),
    ("post", "/admin/workspaces/{id}/suspend"): ("not_found", "personal_workspace", *SIGNED_IN),
    ("post", "/admin/workspaces/{id}/unsuspend"): ("not_found", "personal_workspace", *SIGNED_IN),
    ("get", "/admin/offers"): ("not_found", *SIGNED_IN),
    ("post", "/admin/offers"): ("not_found", *SIGNED_IN),
    ("get", "/admin/offers/{id}"): ("not_found", *SIGNED_IN),
    ("post", "/admin/offers/{id}/withdraw"): ("not_found", "offer_not_open", *SIGNED_IN),
    ("post", "/admin/offers/{id}/paid"): ("not_found", "offer_not_open", *SIGNED_IN),
    ("post", "/admin/offers/{id}/refund"): ("not_found", *SIGNED_IN),
    ("get", "/subscription/offers"): SIGNED_IN,
    ("get", "/subscription/offers/{id}"): ("not_found", *SIGNED_IN),
    ("post", "/subscription/offers/{id}/accept"): (
        *("not_found", "offer_not_open", "email_not_confirmed", "billing_details_required"),
        *("payment_provider_unavailable", *SIGNED_IN),
    ),
    ("get", "/admin/support"): ("not_found", *SIGNED_IN),
    ("post", "/admin/support/{id}/answered"): ("not_found", *SIGNED_IN),
    ("get", "/admin/audit"): ("not_found", *SIGNED_IN),
    ("get", "/admin/staff"): ("not_found", *SIGNED_IN),
    ("post", "/support/sales"): SIGNED_IN,
    ("get", "/user/preferences"): SIGNED_IN,
    ("patch", "/user/preferences"): ("unknown_model", "precondition_failed", "upstream_unavailable", *SIGNED_IN),
    ("get", "/user/prompts"): SIGNED_IN,
    ("post", "/user/prompts"): ("storage_full", *SIGNED_IN),
    ("patch", "/user/prompts/{id}"): ("not_found", "storage_full", *SIGNED_IN),
    ("delete", "/user/prompts/{id}"): ("not_found", *SIGNED_IN),
    ("get", "/user/consents"): SIGNED_IN,
    ("post", "/user/consents"): SIGNED_IN,
    ("delete", "/user/consents/{kind}"): SIGNED_IN,
    ("post", "/user/api-keys"): SIGNED_IN,
    ("get", "/user/api-keys"): SIGNED_IN,
    ("patch", "/user/api-keys/{id}"): ("not_found", *SIGNED_IN),
    ("post", "/user/api-keys/{id}/rotate"): ("not_found", *SIGNED_IN),
    ("delete", "/user/api-keys/{id}"): ("not_found", *SIGNED_IN),
    ("get", "/user/api-keys/{id}/usage"): ("not_found", *SIGNED_IN),
    ("post", "/keys/report"): EVERYWHERE,
    ("post", "/user/data-export"): SIGNED_IN,
    ("delete", "/user"): ("last_admin", "last_owner", *SIGNED_IN),
    ("post", "/user/restore"): ("deletion_final", *SIGNED_IN),
    ("get", "/mail/unsubscribe"): EVERYWHERE,
    ("post", "/mail/unsubscribe"): ("not_found", *EVERYWHERE),
    ("get", "/subscription"): SIGNED_IN,
    ("get", "/subscription/plans"): ALWAYS,
    ("get", "/subscription/plans/{id}"): ("not_found", *ALWAYS),
    ("post", "/subscription/create"): BUYING,
    ("post", "/subscription/verify"): (
        "not_found",
        "invalid_signature",
        "payment_provider_unavailable",
        *SIGNED_IN,
    ),
    ("post", "/subscription/cancel"): ("subscription_not_changeable", *SIGNED_IN),
    ("post", "/subscription/cancel/undo"): ("subscription_not_changeable", "cancellation_final", *SIGNED_IN),
    ("post", "/subscription/update"): BUYING,
    ("post", "/subscription/pause"): ("subscription_not_changeable", "payment_provider_unavailable", *SIGNED_IN),
    ("post", "/subscription/resume"): ("subscription_not_changeable", "payment_provider_unavailable", *SIGNED_IN),
    ("get", "/subscription/history"): SIGNED_IN,
    ("get", "/subscription/portal"): ("subscription_not_changeable", *SIGNED_IN),
    ("get", "/subscription/invoice"): SIGNED_IN,
    ("get", "/subscription/invoice/{id}"): ("not_found", *SIGNED_IN),
    ("get", "/subscription/invoice/{id}/pdf"): ("not_found", *SIGNED_IN),
    ("get", "/subscription/billing-details"): SIGNED_IN,
    ("put", "/subscription/billing-details"): SIGNED_IN,
    ("get", "/health"): ALWAYS,
    ("get", "/health/ready"): ALWAYS,
    ("get", "/status"): ALWAYS,
    ("get", "/retention"): ALWAYS,
    ("get", "/openapi.json"): ALWAYS,
}

# The token is optional, but an invalid one is refused.
SIGN_IN_OPTIONAL = {("get", "/chat/models")}

HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "The request's id in our logs; equal to the envelope's `request_id`.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds after which a retry may succeed.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Limit": {"description": "Units of the quota's window.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "Units that remain in the window.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until the next window.", "schema": {"type": "integer"}},
}


def responses(route: tuple[str, str]) -> dict[str, Any]:
    """The errors of a route by status, as references to `all_responses`."""
    return {
        str(status): {"$ref": f"#/components/responses/{_name(codes)}"}
        for status, codes in sorted(_by_status(BY_ROUTE[route]).items())
    }


def all_responses() -> dict[str, Any]:
    """The responses that these references name."""
    every = [each for route in BY_ROUTE for each in _by_status(BY_ROUTE[route]).items()]
    return {_name(codes): _response(status, codes) for status, codes in sorted(every)}


def table() -> str:
    """The closed list as a table for the document's description."""
    lines = [f"| `{kind.code}` | {kind.status} | {kind.sentence} |" for _, kind in sorted(BY_CODE.items())]
    return "\n".join(["| code | status | meaning |", "|---|---|---|", *lines])


def _by_status(codes: tuple[str, ...]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for code in sorted(codes):
        found.setdefault(BY_CODE[code].status, []).append(code)
    # API Gateway's answer if a function died or returned an invalid response.
    return found | {502: ["internal_error"]}


def _name(codes: list[str]) -> str:
    return "-or-".join(codes)


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    names = ["X-Request-Id"]
    if status in (409, 429, 503):
        names.append("Retry-After")
    if "quota_exceeded" in codes:
        names += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
    return {
        "description": " ".join(f"`{code}`: {BY_CODE[code].sentence}" for code in codes),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {
            "application/json": {
                # One schema for all, because narrowed ones make generators write a model for every status of every
                # route.
                "schema": {"$ref": "#/components/schemas/Refusal"},
                "examples": {code: {"value": example(code)} for code in codes},
            }
        },
        "x-codes": codes,
    }
