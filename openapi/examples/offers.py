"""Examples of offers, as admins and as owners see them."""

from typing import Any

from openapi.examples.account import USER_ID
from openapi.examples.admin import REASON, page
from openapi.examples.admin_workspaces import WORKSPACE

OFFER: dict[str, Any] = {
    "id": "2a9d5c1e-7b60-4f3a-8d42-6c0e9b7f1a35",
    "plan_id": "enterprise",
    "seats": 40,
    "limits": {
        "small_messages": 40_000,
        "large_messages": 8_000,
        "image_generation": 400,
        "web_searches": 12_000,
        "storage_bytes": 200_000_000_000,
        "document_pages": 200_000,
    },
    "amount": 60_000_000,
    "currency": "INR",
    "months": 12,
    "method": "bank_transfer",
    "state": "open",
    "created_at": "2026-11-24T06:30:00Z",
    "starts_at": None,
    "valid_until": "2026-12-24T06:30:00Z",
    "accepted_at": None,
    "withdrawn_at": None,
    "paid_at": None,
    "period_start": None,
    "period_end": None,
    "reference": "OA2A9D5C1E7B",
    "account": {
        "holder": "OneAI Private Limited",
        "bank": "HDFC Bank",
        "account_number": "50100012345678",
        "code": "HDFC0000123",
    },
}
ADMIN_OFFER: dict[str, Any] = {
    **OFFER,
    "workspace_id": WORKSPACE["id"],
    "workspace_name": "Nilgiri Tea",
    "owner_id": USER_ID,
    "owner_email": "asha@example.com",
    "transfer": None,
    "refunded": 0,
}
BY_CHECKOUT: dict[str, Any] = {**OFFER, "method": "checkout", "account": None, "accepted_at": "2026-11-25T06:30:00Z"}

EXAMPLES: dict[str, Any] = {
    "Offer": OFFER,
    "OfferList": {"items": [OFFER]},
    "AcceptedOffer": {
        "offer": BY_CHECKOUT,
        "order": {
            "key_id": "rzp_live_1DP5mmOlF5G5ag",
            "order_id": "order_9A33XWu170gUtm",
            "amount": 60_000_000,
            "currency": "INR",
            "short_url": None,
        },
    },
    "AdminOffer": ADMIN_OFFER,
    "AdminOfferPage": page(ADMIN_OFFER),
    "NewOffer": {
        **REASON,
        "workspace_id": WORKSPACE["id"],
        "plan_id": "enterprise",
        "seats": 40,
        "limits": {"small_messages": 40_000, "large_messages": 8_000},
        "amount": 60_000_000,
        "currency": "INR",
        "months": 12,
        "method": "bank_transfer",
        "starts_at": None,
        "valid_until": "2026-12-24T06:30:00Z",
    },
    "Transfer": {
        **REASON,
        "amount": 60_000_000,
        "currency": "INR",
        "reference": "HDFCR52026112712345678",
        "received_on": "2026-11-27",
    },
    "TransferRefund": {**REASON, "amount": 60_000_000, "reference": "HDFCR52026120112345678"},
}
