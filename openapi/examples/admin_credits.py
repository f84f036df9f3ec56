"""Examples of prepaid credits as admins see them."""

from typing import Any

from openapi.examples.admin import REASON
from openapi.examples.admin_workspaces import WORKSPACE
from openapi.examples.prepaid_credits import AT, GRANT_ID

EXAMPLES: dict[str, Any] = {
    "CreditFigures": {
        "days": [
            {
                "day": "2026-11-27",
                "sold_micro_usd": 60_000_000,
                "granted_micro_usd": 10_000_000,
                "used_micro_usd": 17_600_000,
                "expired_micro_usd": 0,
                "refunded_micro_usd": 0,
                "voided_micro_usd": 0,
                "cost_micro_usd": 5_200_000,
                "liability_micro_usd": 52_400_000,
            }
        ],
        "sales": [
            {
                "day": "2026-11-27",
                "currency": "INR",
                "purchases": 2,
                "amount": 599_800,
                "tax": 91_495,
                "credit_micro_usd": 60_000_000,
                "refunded": 0,
            }
        ],
        "liability": [{"currency": "INR", "credit_micro_usd": 52_400_000, "amount": 523_825}],
        "owed_micro_usd": 0,
        "used_micro_usd": 17_600_000,
        "cost_micro_usd": 5_200_000,
        "margin_percent": 70,
        "unexplained": 0,
    },
    "UnexplainedCreditsList": {"items": [{"kind": "payment_without_credits", "id": GRANT_ID, "since": AT}]},
    "NewCreditGrant": {**REASON, "micro_usd": 20_000_000, "days": 90},
    "WorkspaceCredits": {
        "workspace_id": WORKSPACE["id"],
        "available_micro_usd": 9_982_400,
        "held_micro_usd": 6_000,
        "owed_micro_usd": 0,
        "buying_limit_micro_usd": None,
        "grants": [
            {
                "id": GRANT_ID,
                "kind": "paid",
                "granted_micro_usd": 10_000_000,
                "remaining_micro_usd": 9_982_400,
                "held_micro_usd": 6_000,
                "used_micro_usd": 11_600,
                "granted_at": AT,
                "expires_at": "2027-11-27T06:00:00Z",
                "ended_at": None,
                "frozen_at": None,
            }
        ],
        "blocks": [],
    },
}
