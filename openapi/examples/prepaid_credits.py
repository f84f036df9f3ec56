"""Examples of credits and of the ledger."""

from typing import Any

from openapi.examples.admin import page
from openapi.examples.admin_workspaces import WORKSPACE
from openapi.examples.billing import PROVIDER_TERMS

GRANT_ID = "0b9f6f2e-3f0a-4f2b-9c51-0b7a6f3d2e10"
CHATBOT_ID = "5f0c5a3e-2f5a-4f58-9d0c-8f5a3e2f5a4f"
MOVEMENT_ID = "7aa2569d-70a2-eaec-6110-83de3d8d38e0"
AT = "2026-11-27T06:00:00Z"
ENTRY_HASH = "6a8a608db7fe6590cbbe4947d1d7fcb209f7b7a931f74b2b2f75ad706defd000"
ROOT = {
    "number": 1,
    "day": "2026-11-28",
    "at": "2026-11-28T00:02:03.123456Z",
    "root": "78ac17b5025ad9e2d9dbfa02543fcda4ce92632d897c2df6847bb18727e1da9b",
    "previous_hash": "0" * 64,
    "public_key": "442993065004aa1e4c48f4dd0158194c02349bcc664cd96e400ea269918a8d51",
    "signature": "55ff3f5f8254dff099fd9ebd14507d1089324908b57b28abbf6409c42269a4ac"
    "755bb65d7e070ae579653f4a9038619a1dac21996f6781b0abaaca79fd290e04",
}

EXAMPLES: dict[str, Any] = {
    "CreditBalance": {
        "available_micro_usd": 9_982_400,
        "held_micro_usd": 6_000,
        "owed_micro_usd": 0,
        "blocked": False,
        "grants": [
            {
                "id": GRANT_ID,
                "kind": "paid",
                "granted_micro_usd": 10_000_000,
                "remaining_micro_usd": 9_982_400,
                "held_micro_usd": 6_000,
                "granted_at": AT,
                "expires_at": "2027-11-27T06:00:00Z",
                "frozen_at": None,
            }
        ],
        "equivalents": [
            {
                "model": "openai/gpt-4o-mini",
                "name": "OpenAI: GPT-4o-mini",
                "answers": 7_394,
                "tokens": 11_091_000,
                "answer_micro_usd": 1_350,
            }
        ],
    },
    "CreditPackageList": {
        "items": [
            {
                "id": "credits_50",
                "credit_micro_usd": 50_000_000,
                "bonus_micro_usd": 10_000_000,
                "prices": {"INR": 499_900, "USD": 5_000},
            }
        ],
        "custom": [{"currency": "INR", "per_dollar": 9_990, "least": 49_900, "most": 99_900_000}],
        "currencies": ["INR", "USD"],
        "tax_inclusive": True,
    },
    "CreditPurchaseRequest": {"package_id": "credits_50", "amount": None, "currency": "INR"},
    "CreditPurchase": {
        "order_id": "5b0c6a2e-98a4-5d3e-a1f0-3c5f0f3f9a10",
        "package_id": "credits_50",
        "credit_micro_usd": 50_000_000,
        "bonus_micro_usd": 10_000_000,
        "amount": 499_900,
        "tax": 76_256,
        "currency": "INR",
        "payment_provider": "razorpay",
        "provider_terms": PROVIDER_TERMS,
        "expires_at": "2026-11-27T07:00:00Z",
        "checkout": {"key_id": "rzp_live_1DP5mmOlF5G5ag", "order_id": "order_9A33XWu170gUtm", "short_url": None},
    },
    "CreditOrderState": {
        "order_id": "5b0c6a2e-98a4-5d3e-a1f0-3c5f0f3f9a10",
        "state": "paid",
        "refused": None,
        "grant_id": GRANT_ID,
        "credit_micro_usd": 50_000_000,
        "bonus_micro_usd": 10_000_000,
        "expires_at": "2026-11-27T07:00:00Z",
    },
    "AutoRechargeRequest": {
        "on": True,
        "below_micro_usd": 5_000_000,
        "package_id": "credits_10",
        "per_month": 500_000,
    },
    "AutoRecharge": {
        "on": True,
        "below_micro_usd": 5_000_000,
        "package_id": "credits_10",
        "per_month": 500_000,
        "payment_provider": "razorpay",
        "currency": "INR",
        "amount": 99_900,
        "spent_this_month": 99_900,
        "state": "pending",
        "problem": None,
        "paused_until": None,
        "refusals": 0,
        "held_by": "7d1f0d3e-60a5-4a07-8f1c-64a2f0b2c9d1",
        "notice_hours": 25,
        "confirmed_above": 1_500_000,
        "confirmed_each_time": False,
        "pending": {
            "order_id": "5b0c6a2e-98a4-5d3e-a1f0-3c5f0f3f9a10",
            "kind": "debit",
            "amount": 99_900,
            "currency": "INR",
            "debited_at": "2026-11-28T07:00:00Z",
            "expires_at": "2026-12-01T07:00:00Z",
            "payment_provider": "razorpay",
            "checkout": None,
        },
    },
    "CreditRefundRequest": {"grant_id": GRANT_ID},
    "CreditRefundPreview": {
        "grant_id": GRANT_ID,
        "amount": 420_000,
        "currency": "INR",
        "refunded_micro_usd": 42_000_000,
        "used_micro_usd": 8_000_000,
        "held_micro_usd": 0,
        "refundable_until": "2026-12-04T06:00:00Z",
        "requested_at": None,
        "refused": None,
        "explanation": None,
    },
    "CreditTransactionPage": page(
        {
            "id": MOVEMENT_ID,
            "at": AT,
            "kind": "purchase",
            "amount_micro_usd": 10_000_000,
            "balance_micro_usd": 10_000_000,
            "grant_id": GRANT_ID,
            "message_id": None,
            "chatbot_id": None,
        }
    ),
    "PaymentSources": {"order": ["plan", "credits"], "chatbots": [{"chatbot_id": CHATBOT_ID, "source": "credits"}]},
    "CreditLimits": {"limits": [{"limit": "chatbot", "limit_id": CHATBOT_ID, "micro_usd_per_month": 20_000_000}]},
    "CreditLimitList": {
        "items": [
            {
                "limit": "chatbot",
                "limit_id": CHATBOT_ID,
                "micro_usd_per_month": 20_000_000,
                "spent_micro_usd": 1_250_000,
                "resets_at": "2026-12-01T00:00:00Z",
            }
        ]
    },
    "CreditUsage": {
        "since": "2026-10-28T00:00:00Z",
        "until": "2026-11-28T00:00:00Z",
        "charged_micro_usd": 17_600,
        "items": [{"key": "2026-11-27", "answers": 12, "cost_micro_usd": 5_200, "charged_micro_usd": 17_600}],
    },
    "LedgerEntryPage": page(
        {
            "number": 1,
            "workspace_id": WORKSPACE["id"],
            "movement_id": MOVEMENT_ID,
            "account": "paid",
            "amount_micro_usd": 10_000_000,
            "cause": f"purchase:{GRANT_ID}",
            "at": AT,
            "previous_hash": "0" * 64,
            "hash": ENTRY_HASH,
        }
    ),
    "LedgerRootPage": page(ROOT),
    "LedgerProof": {
        "workspace_id": WORKSPACE["id"],
        "entries": 1,
        "hash": ENTRY_HASH,
        "path": [{"side": "right", "hash": "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"}],
        "root": ROOT,
    },
}
