"""Accounts: sign-in, profile, preferences, API keys, and deletion."""

from typing import Any

from openapi.examples.billing import SUBSCRIPTION
from openapi.examples.usage import QUOTA
from openapi.examples.workspaces import PERSONAL, TEAM

USER_ID: str = PERSONAL["id"]
SESSION_ID = "b7e0a6a2-91c4-4c1d-9f0b-2f4f7f1dc005"
PROFILE: dict[str, Any] = {
    "id": USER_ID,
    "email": "asha@example.com",
    "name": "Asha Rao",
    "picture_url": "https://pictures.example.com/asha.png",
    "picture_updated_at": "2026-11-02T09:15:00Z",
    "role": "user",
    "created_at": "2026-11-01T06:30:00Z",
    "deletes_at": None,
}
PERMISSIONS = [
    *("account", "billing", "chat", "conversations:read", "conversations:write", "documents:read", "documents:write"),
    *("models", "usage:read"),
]
PREFERENCES: dict[str, Any] = {
    "notifications": {"quota": True, "summary": True, "product": False},
    "language": "en",
    "theme": "system",
    "default_model": "openai/gpt-4.1-mini",
    "favourite_models": ["anthropic/claude-opus-4.5"],
    "custom_instructions": "I am a nurse. Answer briefly, and in metric units.",
    "summarise_conversations": True,
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
    "made_by": {"user_id": "8c5d1f0e-2b7a-4e39-9d64-1a3b5c7d9e0f", "name": "Asha"},
    "state": "active",
    "created_at": "2026-11-21T06:30:00Z",
    "last_used_at": None,
}

TEAMS_MAIL: dict[str, Any] = {
    "workspace_id": TEAM["id"],
    "name": TEAM["name"],
    "handoff": True,
    "weekly": True,
    "budget": True,
    "billing": False,
}
PROMPT: dict[str, Any] = {
    "id": "9b2f6c1d-8e47-4d0a-9c53-2f7e1a6b4d08",
    "name": "Translate a letter",
    "content": "Translate this letter into {{language}}. Keep names and numbers.",
    "created_at": "2026-11-21T06:30:00Z",
    "updated_at": "2026-11-21T06:30:00Z",
}

EXAMPLES: dict[str, Any] = {
    "WorkspaceNotificationsList": {"items": [TEAMS_MAIL]},
    "WorkspaceNotifications": TEAMS_MAIL,
    "WorkspaceNotificationChanges": {"billing": False},
    "LeakedTokens": ["oneai_sk_FOUND_IN_A_PUBLIC_REPOSITORY"],
    "CodeExchange": {
        "code": "9f3a1c7e-2f41-4c59-b3c6-5f0d7b1ec006",
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    },
    "Refresh": {"refresh_token": "v1a2b3c4d5e6"},
    "Tokens": {
        "access_token": "ACCESS_TOKEN",
        "token_type": "bearer",
        "expires_in": 3600,
        "expires_at": 1_795_242_600,
        "refresh_token": "v1a2b3c4d5e6",
        "user": {"id": USER_ID, "email": "asha@example.com", "role": "authenticated"},
        "provider_token": None,
        "provider_refresh_token": None,
    },
    "CurrentSession": {"user": PROFILE, "session_id": SESSION_ID, "expires_at": "2026-11-21T07:30:00Z"},
    "TokenToVerify": {"token": "ACCESS_TOKEN"},
    "TokenVerification": {
        "valid": True,
        "kind": "access_token",
        "permissions": PERMISSIONS,
        "user_id": USER_ID,
        "state": None,
        "expires_at": "2026-11-21T07:30:00Z",
        "reason": None,
    },
    "SignOut": {"scope": "all"},
    "SessionList": {
        "items": [
            {
                "id": SESSION_ID,
                "created_at": "2026-11-20T06:30:00Z",
                "last_used_at": "2026-11-21T06:30:00Z",
                "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "ip": "203.0.113.7",
                "current": True,
            }
        ]
    },
    "Profile": PROFILE,
    "ProfileChanges": {"name": "Asha Rao"},
    "NewPicture": {"data": "/9j/4AAQSkZJRgABAQAAAQABAAD…"},
    "Picture": {
        "media_type": "image/jpeg",
        "data": "/9j/2wBDAAgGBgcGBQgHBwcJCQ…",
        "updated_at": "2026-11-02T09:15:00Z",
    },
    "Me": {
        "profile": PROFILE,
        "preferences": PREFERENCES,
        "subscription": SUBSCRIPTION,
        "quotas": {"small_messages": QUOTA},
        "permissions": PERMISSIONS,
        "features": {
            "image_generation": True,
            "max_prompt_tokens": 16_000,
            "max_answer_tokens": 4_000,
            "storage_bytes": 200_000_000,
        },
        "workspace": PERSONAL,
        "workspaces": [PERSONAL, TEAM],
        "inbox_waiting": 3,
    },
    "RetentionSchedule": {
        "items": [
            {
                "key": "closed_links",
                "what": "links that you closed or that expired",
                "days": 30,
                "until": "30 days after their end",
            }
        ]
    },
    "NewPrompts": {"prompts": [{"name": PROMPT["name"], "content": PROMPT["content"]}], "if_exists": "skip"},
    "PromptChanges": {"name": "Translate a formal letter"},
    "Prompt": PROMPT,
    "StoredPrompts": {"items": [PROMPT]},
    "PromptPage": {"items": [PROMPT], "next_cursor": None},
    "NewConsents": {"consents": [{"kind": "terms", "version": "2026-11-23"}]},
    "Consents": {
        "items": [
            {
                "kind": "terms",
                "version": "2026-11-23",
                "granted_at": "2026-11-23T06:30:00Z",
                "revoked_at": None,
            }
        ],
        "required": [{"kind": "privacy", "version": "2026-11-23"}],
    },
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
            "reason": "Tax law requires us to store invoices and their payments. We delete all other data about you.",
        },
        "credits": {"refunds": [{"amount": 379_924, "currency": "INR"}], "lost_micro_usd": 10_000_000},
        "subscription_ends_at": "2026-12-19T06:30:00Z",
    },
}
