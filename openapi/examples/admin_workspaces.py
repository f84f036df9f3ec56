"""Examples of workspaces and of the support queue, as admins see them."""

from typing import Any

from openapi.examples.account import USER_ID
from openapi.examples.admin import page

WORKSPACE: dict[str, Any] = {
    "id": "6a5b4c3d-2e1f-4a0b-9c8d-7e6f5a4b3c2d",
    "kind": "team",
    "name": "Nilgiri Tea",
    "slug": "nilgiri-tea",
    "owner_id": USER_ID,
    "owner_email": "asha@example.com",
    "members": 3,
    "tier": "team",
    "seats": 5,
    "subscription_status": "active",
    "created_at": "2026-11-02T06:30:00Z",
    "suspended_at": None,
    "deletes_at": None,
}
SUPPORT_REQUEST: dict[str, Any] = {
    "id": "1f2e3d4c-5b6a-4798-8069-5a4b3c2d1e0f",
    "kind": "sales",
    "user_id": USER_ID,
    "email": "asha@example.com",
    "workspace_id": WORKSPACE["id"],
    "workspace_name": "Nilgiri Tea",
    "tier": "team",
    "plan_id": "enterprise",
    "seats": 40,
    "company": "Nilgiri Tea",
    "message": "We are forty people and pay by bank transfer.",
    "created_at": "2026-11-23T06:30:00Z",
    "due_at": "2026-11-24T06:30:00Z",
    "overdue": False,
    "answered_at": None,
    "answered_by": None,
}
SALES_REQUEST = {
    "message": "We are forty people and pay by bank transfer.",
    "plan_id": "enterprise",
    "seats": 40,
    "company": "Nilgiri Tea",
}

EXAMPLES: dict[str, Any] = {
    "AdminWorkspacePage": page(WORKSPACE),
    "AdminWorkspaceDetail": {
        **WORKSPACE,
        "use": {"conversations": 41, "documents": 7, "api_keys": 1},
        "people": [
            {
                "user_id": USER_ID,
                "email": "asha@example.com",
                "name": "Asha Rao",
                "role": "owner",
                "joined_at": "2026-11-02T06:30:00Z",
            }
        ],
    },
    "SupportRequestPage": page(SUPPORT_REQUEST),
    "NewSalesRequest": SALES_REQUEST,
    "SalesRequest": {key: SUPPORT_REQUEST[key] for key in ("id", "created_at", "due_at")},
}
