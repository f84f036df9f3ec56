"""The end of workspaces, who owns them, and what happened in them."""

from typing import Any

USER_ID = "3c9a7d4e-5b1f-4f7a-8a21-6d0f2b9ec004"
MEMBER_ID = "a5c81f7e-2d34-4b69-9e0d-7f1c3b5a6d22"
WORKSPACE_ID = "c7d2f1a0-84b3-4e6f-9a15-3d6b8e2f7010"
DELETES_AT = "2026-12-21T06:30:00Z"

EXAMPLES: dict[str, Any] = {
    "WorkspaceDeletionRequest": {"confirm": "nilgiri-tea"},
    "WorkspaceDeletionAccepted": {"deletes_at": DELETES_AT},
    "WorkspaceDeletionPreview": {
        "deletes_at": DELETES_AT,
        "confirm": "nilgiri-tea",
        "erased": {"members": 3, "conversations": 120, "documents": 14, "api_keys": 1, "stored_bytes": 48_000_000},
        "kept": {
            "invoices": 2,
            "payments": 2,
            "reason": "Tax law requires us to store invoices and their payments. We delete all other data of the "
            "workspace.",
        },
        "credits": {"refunds": [{"amount": 379_924, "currency": "INR"}], "lost_micro_usd": 10_000_000},
        "subscription_ends_at": "2026-12-14T09:00:00Z",
    },
    "TransferRequest": {"user_id": MEMBER_ID},
    "TransferOffer": {
        "user_id": MEMBER_ID,
        "name": "Ravi Iyer",
        "email": "ravi@example.com",
        "created_at": "2026-11-21T06:30:00Z",
        "expires_at": "2026-11-28T06:30:00Z",
    },
    "TransferAccepted": {"workspace_id": WORKSPACE_ID, "role": "owner"},
    "WorkspaceAuditPage": {
        "items": [
            {
                "id": 4711,
                "created_at": "2026-11-21T06:30:00Z",
                "actor_kind": "user",
                "actor_id": USER_ID,
                "actor_name": "Asha Rao",
                "actor_email": "asha@example.com",
                "action": "workspace.transfer",
                "user_id": MEMBER_ID,
                "user_name": "Ravi Iyer",
                "user_email": "ravi@example.com",
                "target_kind": "workspace",
                "target_id": WORKSPACE_ID,
                "detail": {},
            }
        ],
        "next_cursor": None,
    },
}
