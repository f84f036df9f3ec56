"""Quotas, usage, unsubscribing from mail, and whether the service is up."""

from typing import Any

from openapi.examples.chat import ANSWER_ID

QUOTA: dict[str, Any] = {
    "used": 12,
    "reserved": 1,
    "limit": 100,
    "grace_units": 0,
    "remaining": 87,
    "percentage_used": 12.0,
    "resets_at": "2026-12-01T00:00:00Z",
    "frequency": "monthly",
    "override": None,
    "member": None,
}
TOTALS: dict[str, Any] = {
    "messages": 12,
    "prompt_tokens": 4200,
    "completion_tokens": 3100,
    "cached_tokens": 0,
    "reasoning_tokens": 0,
    "cost_micro_usd": 6640,
    "credits_micro_usd": 0,
    "errors": 0,
    "first_token_ms_p50": 410,
    "first_token_ms_p95": 1250,
}

INCIDENT: dict[str, Any] = {
    "id": 3,
    "title": "Answers are slow",
    "impact": "minor",
    "components": ["chat"],
    "started_at": "2026-11-23T06:30:00Z",
    "resolved_at": None,
    "updates": [
        {
            "state": "investigating",
            "message": "A provider of models answers late. We are looking into it.",
            "created_at": "2026-11-23T06:34:00Z",
        }
    ],
}
EXAMPLES: dict[str, Any] = {
    "QuotaStatus": {
        "subscription": {"tier": "free", "status": "active"},
        "quotas": {"small_messages": QUOTA},
        "daily_ceiling": {
            "used_micro_usd": 6640,
            "limit_micro_usd": 2_500_000,
            "resets_at": "2026-11-22T00:00:00Z",
        },
        "storage": {"used_bytes": 1_284_000, "limit_bytes": 200_000_000},
        "credits": {"order": ["plan", "credits"], "available_micro_usd": 9_982_400},
    },
    "CheckRequest": {"quota_key": "small_messages"},
    "NotAllowed": {
        "allowed": False,
        "error": {"code": "quota_exceeded", "message": "You have used up your plan for now.", "alternatives": []},
        "request_id": "5b3f7a0e-6a0c-4f43-9a5b-2f6f3ab8a001",
    },
    "Allowed": {"allowed": True, "quota": {**QUOTA, "key": "small_messages"}},
    "UsageReport": {
        "from": "2026-10-23T00:00:00Z",
        "to": "2026-11-22T00:00:00Z",
        "tz": "UTC",
        "totals": TOTALS,
        "items": [{**TOTALS, "day": "2026-11-21"}],
    },
    "Forecast": {
        "from": "2026-11-01T00:00:00Z",
        "to": "2026-12-01T00:00:00Z",
        "days": 10,
        "messages": {"so_far": 12, "expected": 17, "low": 14, "high": 20},
        "cost_micro_usd": {"so_far": 6640, "expected": 9400, "low": 7900, "high": 10_900},
        "method": "The mean of the last 14 whole days …",
        "interval": "80 % …",
    },
    "Receipt": {
        "message_id": ANSWER_ID,
        "created_at": "2026-11-21T06:30:04Z",
        "outcome": "complete",
        "chatbot_id": None,
        "model_asked": "openai/gpt-4.1-mini",
        "model_served": "openai/gpt-4.1-mini-2025-04-14",
        "provider": "OpenAI",
        "generation_id": "gen-1763706600-abc",
        "price_version": "9f1c2e7ab034",
        "subscription_tier": "free",
        "quota_key": "small_messages",
        "charged": 1,
        "prompt_tokens": 12,
        "completion_tokens": 3,
        "reasoning_tokens": 0,
        "cached_tokens": 0,
        "cost_micro_usd": 10,
        "paid_by": {"source": "plan", "units": 1, "micro_usd": None},
        "charged_micro_usd": 10,
        "web_search_requests": 0,
        "web_searches_charged": 0,
        "web_search_micro_usd": 0,
        "basis": "final",
        "corrections": [],
    },
    "Unsubscribed": {"unsubscribed": "summary"},
    "Health": {"status": "ok", "version": "0.1.0", "checks": None},
    "SetAside": {
        "failing_since": "2026-11-23T10:00:00Z",
        "times": 3,
        "ends_at": "2026-11-23T10:04:00Z",
        "code": "upstream_unavailable",
    },
    "HealthCheck": {"name": "database", "ok": True, "ms": 3, "set_aside": None},
    "ServiceStatus": {
        "status": "degraded",
        "components": [
            {"name": "api", "status": "operational"},
            {"name": "chat", "status": "degraded_performance"},
            {"name": "files", "status": "operational"},
            {"name": "sign_in", "status": "operational"},
            {"name": "payments", "status": "operational"},
            {"name": "mail", "status": "operational"},
        ],
        "maintenance": None,
        "incidents": [INCIDENT],
        "days": [{"day": "2026-11-23", "downtime_seconds": 0, "impact": "minor"}],
    },
}
