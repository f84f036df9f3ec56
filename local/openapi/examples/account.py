"""Accounts: preferences, API keys, and the deletion of the account."""

from typing import Any

PREFERENCES: dict[str, Any] = {
    "notifications": {"quota": True, "summary": True, "product": False},
    "language": "en",
    "theme": "system",
    "default_model": "openai/gpt-4.1-mini",
    "custom_instructions": "I am a nurse. Answer briefly, and in metric units.",
    "version": 3,
}

API_KEY: dict[str, Any] = {
    "id": "3f1c9a44-5a0e-4f0b-9f3e-6a1d2b7c8e90",
    "name": "Nightly report",
    "hint": "oneai_sk_…a1B2",
    "scopes": ["chat", "models"],
    "models": ["openai/*"],
    "expires_at": "2027-06-30T00:00:00Z",
    "budget": {"micro_usd": 5_000_000, "window": "month"},
    "limits": {"requests_per_minute": 60, "tokens_per_minute": 200_000, "parallel": 4},
    "ip_ranges": ["203.0.113.0/24"],
    "state": "active",
    "created_at": "2026-11-21T06:30:00Z",
    "last_used_at": None,
}

EXAMPLES: dict[str, Any] = {
    "NewApiKey": {
        "name": "Nightly report",
        "scopes": ["chat", "models"],
        "models": ["openai/*"],
        "budget": {"micro_usd": 5_000_000, "window": "month"},
    },
    "ApiKeyChanges": {"budget": {"micro_usd": 10_000_000, "window": "month"}, "ip_ranges": None},
    "ApiKey": API_KEY,
    "NewSecret": {**API_KEY, "secret": "oneai_sk_…"},
    "ApiKeyPage": {"items": [API_KEY], "next_cursor": None},
    "Rotation": {"overlap_seconds": 3600},
    "Preferences": PREFERENCES,
    "PreferenceChanges": {"theme": "dark", "notifications": {"summary": False}},
    "DeletionRequest": {"confirm": "asha@example.com"},
    "DeletionAccepted": {"deletes_at": "2026-12-05T06:30:00Z"},
    "DeletionPreview": {
        "deletes_at": "2026-12-05T06:30:00Z",
        "confirm": "asha@example.com",
        "erased": {"conversations": 42, "messages": 910, "api_keys": 2, "share_links": 1, "stored_bytes": 1843200},
        "kept": {
            "invoices": 3,
            "payments": 3,
            "reason": "Tax law requires that invoices, and the payments they are for, are kept.",
        },
        "subscription_ends_at": "2026-12-19T06:30:00Z",
    },
}
