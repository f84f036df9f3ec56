"""Examples of workspaces' keys for model providers."""

from typing import Any

KEY: dict[str, Any] = {
    "id": "3f2a6d7e-1c4b-4a58-9e0d-5b7c8a9d0e1f",
    "provider": "openai",
    "name": "Our OpenAI account",
    "base_url": None,
    "last4": "x7Qz",
    "state": "active",
    "problem": None,
    "limits": {
        "micro_usd_per_day": 5_000_000,
        "micro_usd_per_month": 100_000_000,
        "answers_per_day": None,
        "fallback_answers_per_day": 50,
    },
    "fallback": "plan",
    "models": None,
    "created_at": "2026-11-27T06:00:00Z",
    "last_used_at": None,
}

EXAMPLES: dict[str, Any] = {
    "NewProviderKey": {
        "provider": "custom",
        "name": "Our model server",
        "key": "an-example-of-a-key",
        "base_url": "https://models.example.com/v1",
        "models": ["llama-3.3-70b"],
        "limits": {
            "micro_usd_per_day": None,
            "micro_usd_per_month": None,
            "answers_per_day": 500,
            "fallback_answers_per_day": None,
        },
        "fallback": "none",
    },
    "ProviderKeyChanges": {"name": "Our OpenAI account", "limits": KEY["limits"], "fallback": "plan"},
    "ProviderKey": KEY,
    "ProviderKeyList": {"items": [KEY]},
    "ProviderKeyUsage": {
        "days": [
            {"day": "2026-11-26", "answers": 12, "micro_usd": 84_000, "fallback_answers": 0},
            {"day": "2026-11-27", "answers": 3, "micro_usd": 19_500, "fallback_answers": 1},
        ],
        "month": {"answers": 240, "micro_usd": 1_870_000},
    },
    "ProviderKeyTest": {"ok": True, "problem": None, "models": ["gpt-5-mini", "gpt-5"]},
}
