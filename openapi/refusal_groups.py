"""The codes that groups of routes have in common."""

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
OWN_KEY_CANNOT_PAY = (
    *("own_key_not_usable", "own_key_limit_reached", "own_key_missing"),
    *("provider_key_refused", "provider_credit_exhausted", "provider_address_refused"),
    *("provider_keys_unavailable", "provider_key_unreadable"),
)
CREDITS_CANNOT_PAY = ("credits_exhausted", "spending_limit_reached", "not_sold_for_credits")
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
    *CREDITS_CANNOT_PAY,
    *OWN_KEY_CANNOT_PAY,
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
OF_A_VISITOR = ("visitor_token_invalid", "chatbot_not_found", *EVERYWHERE)
