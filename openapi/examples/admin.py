"""The data and actions of admins."""

from typing import Any

from openapi.examples.account import SESSION_ID, USER_ID
from openapi.examples.chat import ANSWER_ID, CONVERSATION_ID
from openapi.examples.usage import INCIDENT

ADMIN_ID = "9a1d2c3e-4f5a-4b6c-8d7e-0f1a2b3c4d5e"
SUBSCRIPTION_ID = "5f0e1d2c-3b4a-4958-8776-6554433221ab"
PAYMENT_ID = "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f"
OPERATION_ID = "0b7c5d1e-2f3a-4b5c-9d6e-7f8091a2b3c4"
REQUEST_ID = "c3f5a6de-8d1b-4f0e-9a7c-2b4d6e8f0a1c"
REASON = {"reason": "Requested by mail, ticket 4711"}


def figure(value: float, previous: float) -> dict[str, Any]:
    """A figure, its value in the previous period, and the last steps of its course."""
    return {"value": value, "previous": previous, "change": (value - previous) / previous, "series": [previous, value]}


def page(item: dict[str, Any]) -> dict[str, Any]:
    """A list with one item."""
    return {"items": [item], "next_cursor": None}


USER: dict[str, Any] = {
    "id": USER_ID,
    "email": "asha@example.com",
    "name": "Asha Rao",
    "tier": "pro",
    "subscription_status": "active",
    "role": "user",
    "created_at": "2026-11-01T06:30:00Z",
    "suspended_at": None,
    "deletes_at": None,
}
QUOTA: dict[str, Any] = {
    "user_id": USER_ID,
    "email": "asha@example.com",
    "quota_key": "large_messages",
    "tier": "pro",
    "plan_limit": 100,
    "limit": 150,
    "used": 149,
    "reserved": 1,
    "remaining": 0,
    "frequency": "monthly",
    "window_start": "2026-11-01T00:00:00Z",
    "resets_at": "2026-12-01T00:00:00Z",
    "own_limit": None,
    "extra_units": 50,
}
HOLD: dict[str, Any] = {
    "message_id": ANSWER_ID,
    "model": "openai/gpt-4.1",
    "units": 1,
    "created_at": "2026-11-23T06:29:50Z",
    "held_until": "2026-11-23T06:30:20Z",
}
EXCEPTION: dict[str, Any] = {
    "id": 7,
    "own_limit": None,
    "extra_units": 50,
    "until": "2026-12-31T00:00:00Z",
    "reason": "A slow week of ours",
}
MADE = {"created_at": "2026-11-20T09:00:00Z", "revoked_at": None}
OVERRIDE = {
    **EXCEPTION,
    **MADE,
    "workspace_id": USER_ID,
    "workspace": None,
    "user_id": USER_ID,
    "email": "asha@example.com",
    "quota_key": "large_messages",
}
GRANT: dict[str, Any] = {
    "id": 3,
    "workspace_id": USER_ID,
    "workspace": None,
    "user_id": USER_ID,
    "email": "asha@example.com",
    "tier": "enterprise",
    "current_tier": "enterprise",
    "granted_at": "2026-11-20T09:00:00Z",
    "until": "2027-12-31T00:00:00Z",
    "revoked_at": None,
    "reason": "Contract 17",
}
SUBSCRIPTION: dict[str, Any] = {
    "id": SUBSCRIPTION_ID,
    "user_id": USER_ID,
    "email": "asha@example.com",
    "plan_id": "pro",
    "status": "past_due",
    "period": "monthly",
    "currency": "INR",
    "amount": 79900,
    "quantity": 1,
    "payment_provider": "razorpay",
    "provider_subscription_id": "sub_PqR5sT6uV7wX8y",
    "current_period_start": "2026-10-22T06:30:00Z",
    "current_period_end": "2026-11-22T06:30:00Z",
    "cancel_requested_at": None,
    "cancelled_at": None,
    "created_at": "2026-10-22T06:25:00Z",
    "last_synced_at": "2026-11-22T06:40:00Z",
    "next_sync_at": "2026-11-23T06:40:00Z",
}
TIMELINE: dict[str, Any] = {
    "at": "2026-11-22T06:31:00Z",
    "kind": "event",
    "name": "payment.failed",
    "id": "evt_PqR5sT6uV7wX8y",
    "state": "processed",
    "amount": None,
    "currency": None,
    "detail": {"attempts": 0},
}
PAYMENT: dict[str, Any] = {
    "id": PAYMENT_ID,
    "payment_provider": "razorpay",
    "ref": "pay_PqR5sT6uV7wX8y",
    "user_id": USER_ID,
    "email": "asha@example.com",
    "subscription_id": SUBSCRIPTION_ID,
    "order_id": None,
    "amount": 79900,
    "currency": "INR",
    "status": "captured",
    "captured_at": "2026-10-22T06:30:00Z",
    "created_at": "2026-10-22T06:30:01Z",
    "period_start": "2026-10-22T06:30:00Z",
    "period_end": "2026-11-22T06:30:00Z",
    "quarantined": False,
    "plan_id": "pro",
    "period": "monthly",
    "expected": 79900,
    "expected_currency": "INR",
    "invoiced_amount": 79900,
    "refunded": 0,
    "refund_pending": 0,
}
EVENT: dict[str, Any] = {
    "payment_provider": "razorpay",
    "event_id": "evt_PqR5sT6uV7wX8y",
    "kind": "payment.failed",
    "received_at": "2026-11-22T06:31:00Z",
    "state": "pending",
    "processed_at": None,
    "attempts": 2,
    "problem": "Busy: OperationalError",
    "subscription_ref": "sub_PqR5sT6uV7wX8y",
    "payment_ref": "pay_PqR5sT6uV7wX8y",
}
OPERATION: dict[str, Any] = {
    "id": OPERATION_ID,
    "kind": "refund",
    "reason": "operator",
    "state": "succeeded",
    "attempts": 1,
    "last_error": None,
    "amount": 20000,
    "currency": "INR",
    "due_at": "2026-11-23T06:30:00Z",
    "created_at": "2026-11-23T06:30:00Z",
    "user_id": USER_ID,
    "subscription_id": SUBSCRIPTION_ID,
    "subscription_ref": "sub_PqR5sT6uV7wX8y",
    "payment_ref": "pay_PqR5sT6uV7wX8y",
}
AUDIT: dict[str, Any] = {
    "id": 4711,
    "created_at": "2026-11-23T06:30:00Z",
    "actor_kind": "admin",
    "actor": ADMIN_ID,
    "actor_email": "maya@example.com",
    "action": "quota_override.create",
    "user_id": USER_ID,
    "user_email": "asha@example.com",
    "target_kind": "quota_override",
    "target_id": "7",
    "reason": "A slow week of ours",
    "ip": "203.0.113.7",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "request_id": REQUEST_ID,
    "detail": {"quota_key": "large_messages", "extra": 50, "limit": None},
}
QUOTA_THEN: dict[str, Any] = {
    **{name: QUOTA[name] for name in ("quota_key", "tier", "plan_limit", "frequency", "window_start", "resets_at")},
    "limit": 100,
    "grace_units": 0,
    "used": 99,
    "reserved": 1,
    "holds": [HOLD],
    "exception": None,
}
REFUSAL: dict[str, Any] = {
    "request_id": REQUEST_ID,
    "created_at": "2026-11-23T06:30:00Z",
    "user_id": USER_ID,
    "api_key_id": None,
    "route": "POST /chat/stream",
    "asked": {"models": ["openai/gpt-4.1"], "conversation_id": CONVERSATION_ID, "message_id": ANSWER_ID},
    "status": 429,
    "code": "quota_exceeded",
    "message": "You have used up a quota of your plan for now.",
    "error": {"quota_key": "large_messages", "limit": 100, "used": 99, "reserved": 1},
    "quota_key": "large_messages",
}

EXAMPLES: dict[str, Any] = {
    "ActReason": REASON,
    "Overview": {
        "from": "2026-10-24T18:30:00Z",
        "to": "2026-11-23T18:30:00Z",
        "previous_from": "2026-09-24T18:30:00Z",
        "tz": "Asia/Kolkata",
        "as_of": "2026-11-23T06:02:00Z",
        "step_days": 1,
        "active_users": figure(1250, 1000),
        "new_users": figure(300, 240),
        "answers": figure(42_000, 40_000),
        "first_token_ms_p50": figure(640, 800),
        "first_token_ms_p95": figure(1800, 2000),
        "slowest_stage": {"stage": "writing", "ms_p50": 4100, "ms_p95": 11800},
        "error_share": figure(0.005, 0.004),
        "net_revenue": [{"currency": "INR", **figure(12_500_000, 10_000_000)}],
        "net_revenue_micro_usd": figure(1_460_000_000, 1_200_000_000),
        "ai_cost_micro_usd": figure(210_000_000, 200_000_000),
        "margin_micro_usd": figure(1_250_000_000, 1_000_000_000),
        "usd_inr": 85,
    },
    "UserPage": page(USER),
    "UserDetail": {
        "profile": {**USER, "picture_url": None, "provider_type": "google", "suspension_reason": None},
        "subscription": {
            "tier": "pro",
            "status": "past_due",
            "current": SUBSCRIPTION,
            "all": [SUBSCRIPTION],
            "grants": [],
            "payments": [PAYMENT],
            "timeline": [
                {
                    "changed_at": "2026-10-22T06:30:00Z",
                    "old_tier": "free",
                    "new_tier": "pro",
                    "change_reason": "new_subscription",
                    "subscription_id": SUBSCRIPTION_ID,
                }
            ],
        },
        "quotas": {
            "large_messages": {
                **QUOTA,
                "holds": [{**HOLD, "in_window": True}],
                "exceptions": [{**EXCEPTION, **MADE}],
            }
        },
        "usage": {
            "days": 30,
            "answers": 149,
            "errors": 1,
            "cost_micro_usd": 1_250_000,
            "by_model": [
                {
                    "model": "openai/gpt-4.1",
                    "answers": 149,
                    "errors": 1,
                    "prompt_tokens": 120_000,
                    "completion_tokens": 60_000,
                    "cost_micro_usd": 1_250_000,
                }
            ],
        },
        "keys": [
            {
                "id": "3f1c9a44-5a0e-4f0b-9f3e-6a1d2b7c8e90",
                "name": "Nightly report",
                "hint": "oneai_sk_…a1B2",
                "scopes": ["chat", "models"],
                "state": "active",
                "created_at": "2026-11-21T06:30:00Z",
                "last_used_at": None,
            }
        ],
        "sessions": [
            {
                "id": SESSION_ID,
                "created_at": "2026-11-20T06:30:00Z",
                "last_used_at": "2026-11-21T06:30:00Z",
                "user_agent": "Mozilla/5.0",
                "ip": "203.0.113.7",
            }
        ],
        "refusals": [REFUSAL],
        "audit": [AUDIT],
    },
    "UserDeletion": {**REASON, "confirm": "asha@example.com"},
    "UserDeletionAccepted": {"deletes_at": "2026-12-05T06:30:00Z"},
    "SignedOut": {"sessions": 2},
    "NewRole": {**REASON, "role": "support"},
    "QuotaPage": page(QUOTA),
    "QuotaReset": {"quota_key": "large_messages", "used_before": 149},
    "NewQuotaOverride": {**REASON, "quota_key": "large_messages", "extra_units": 50, "until": "2026-12-31T00:00:00Z"},
    "UserQuotaOverride": OVERRIDE,
    "QuotaOverridePage": page(OVERRIDE),
    "NewPlanGrant": {**REASON, "tier": "enterprise", "until": "2027-12-31T00:00:00Z"},
    "PlanGrant": GRANT,
    "PlanGrantPage": page(GRANT),
    "SubscriptionPage": page(SUBSCRIPTION),
    "SubscriptionDetail": {**SUBSCRIPTION, "timeline": [TIMELINE]},
    "PaymentPage": page(PAYMENT),
    "RefundPreview": {"payment": PAYMENT, "refundable_amount": 79900, "minimum_amount": 100, "ends_access": True},
    "NewRefund": {**REASON, "amount": 20000, "refundable_amount": 79900, "reference": None},
    "ProviderOperation": OPERATION,
    "ProviderOperationPage": page(OPERATION),
    "ProviderEventPage": page(EVENT),
    "ProviderEvent": {**EVENT, "body": '{"event": "payment.failed"}'},
    "ReplayedEvent": {"outcome": "processed"},
    "RequestDetail": {
        **REFUSAL,
        "email": "asha@example.com",
        "window": QUOTA_THEN,
        "holds": [HOLD],
        "exceptions": [],
        "quotas": [QUOTA_THEN],
        "acts": [],
    },
    "JobQueueList": {
        "items": [{"name": "mail", "waiting": 3, "oldest_at": "2026-11-23T06:29:30Z", "failed": 1}],
    },
    "DeadLetterPage": page(
        {
            "kind": "mail",
            "id": "7d8e9f0a-1b2c-4d3e-8f4a-5b6c7d8e9f0a",
            "user_id": USER_ID,
            "what": "payment_receipt",
            "problem": "too_late",
            "attempts": 5,
            "created_at": "2026-11-22T06:30:00Z",
        }
    ),
    "NewMaintenance": {**REASON, "message": "We are moving the database.", "minutes": 30},
    "MaintenanceState": {
        "maintenance": {
            "message": "We are moving the database.",
            "started_at": "2026-11-23T06:30:00Z",
            "ends_at": "2026-11-23T07:00:00Z",
        }
    },
    "NewIncident": {
        **REASON,
        "title": INCIDENT["title"],
        "impact": INCIDENT["impact"],
        "components": INCIDENT["components"],
        "message": INCIDENT["updates"][0]["message"],
    },
    "NewIncidentUpdate": {**REASON, "state": "resolved", "message": "Answers are as fast as before."},
    "Incident": INCIDENT,
    "IncidentPage": page(INCIDENT),
    "AuditPage": page(AUDIT),
    "StaffList": {
        "items": [
            {
                "user_id": ADMIN_ID,
                "email": "maya@example.com",
                "name": "Maya Rao",
                "role": "admin",
                "created_at": "2026-11-01T06:30:00Z",
            }
        ]
    },
}
