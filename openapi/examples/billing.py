"""Plans, a subscription, and its invoice."""

from typing import Any

SUBSCRIPTION_ID = "e4c1b6f7-0d4b-4d7c-9c43-7a2f5b9e8008"
INVOICE_ID = "b1d2e3f4-5a6b-4c7d-8e9f-0a1b2c3d9009"

PLAN: dict[str, Any] = {
    "id": "pro",
    "name": "Pro",
    "features": ["500 small messages a month", "Search, sharing, export and import"],
    "quotas": {"small_messages": {"limit": 500, "frequency": "monthly"}},
    "limits": {"document_pages": 5_000, "storage_bytes": 5_000_000_000, "api_keys": 100},
    "prices": [
        {
            "payment_provider": "razorpay",
            "currency": "INR",
            "period": "monthly",
            "amount": 79_900,
            "charged_amount": 94_282,
            "bank_confirmation": None,
            "confirmed_from_seats": None,
        }
    ],
    "trial_days": 0,
    "contact_sales": False,
    "seats": None,
    "for_teams": False,
}
SUBSCRIPTION: dict[str, Any] = {
    "tier": "pro",
    "status": "active",
    "plan_id": "pro",
    "period": "monthly",
    "current_period_start": "2026-11-21T06:30:00Z",
    "current_period_end": "2026-12-21T06:30:00Z",
    "cancel_requested_at": None,
    "seats": None,
    "renewal_seats": None,
    "prepaid": False,
    "paid_until": None,
    "pay_url": None,
}
DETAILS: dict[str, Any] = {
    "legal_name": "Asha Rao",
    "address": "12 MG Road\nBengaluru 560001",
    "state": "KA",
    "country": "IN",
    "gstin": None,
}
INVOICE: dict[str, Any] = {
    "id": INVOICE_ID,
    "kind": "invoice",
    "form": "gst",
    "number": "INV/26-27/000042",
    "issued_at": "2026-11-21T06:31:00Z",
    "currency": "INR",
    "total": 94_282,
    "taxable": 79_900,
    "cgst": 7191,
    "sgst": 7191,
    "igst": 0,
    "other_tax": 0,
    "tax_lines": [],
    "tax_rate": 1800,
    "sac": "998315",
    "place_of_supply": "KA",
    "description": "Pro, monthly",
    "period_start": "2026-11-21T06:30:00Z",
    "period_end": "2026-12-21T06:30:00Z",
    "payment_reference": "pay_N1xYq2bT7c8d9e",
    "corrects": None,
    "withdrawn_at": None,
    "seller": {
        "name": "Example Private Limited",
        "address": "1 Church Street\nBengaluru 560001",
        "state": "KA",
        "gstin": "29ABCDE1234F1ZW",
        "lut": None,
        "country": "IN",
        "tax_id": None,
    },
    "buyer": DETAILS,
}

EXAMPLES: dict[str, Any] = {
    "OfferedPlan": PLAN,
    "PlanList": {
        "items": [PLAN],
        "comparison": [
            {"key": None, "feature": "Small messages", "plans": {"free": "100 a month", "pro": "500 a month"}}
        ],
        "tax_inclusive": False,
        "currency": "INR",
    },
    "CurrentSubscription": SUBSCRIPTION,
    "NewSubscription": {"plan_id": "pro", "period": "yearly"},
    "CheckoutSession": {
        "subscription_id": SUBSCRIPTION_ID,
        "razorpay": {"key_id": "rzp_live_abc", "subscription_id": "sub_N1xYq2bT7c8d9e", "plan_id": "plan_N1xYq2"},
        "payment_provider": "razorpay",
        "short_url": "https://rzp.io/i/abc",
        "checkout_url": "https://app.example.com/pay.html",
        "charged_amount": 94_282,
        "start_at": None,
        "expires_at": "2026-11-22T06:30:00Z",
        "payment_needed": True,
        "bank_confirmation": None,
        "seats": None,
        "seat_order": None,
    },
    "CheckoutConfirmation": {
        "razorpay_payment_id": "pay_N1xYq2bT7c8d9e",
        "razorpay_subscription_id": "sub_N1xYq2bT7c8d9e",
        "razorpay_signature": "9f3c…",
    },
    "Cancellation": {"at_period_end": True},
    "CancellationPreview": {
        "ends_at": "2026-11-23T06:30:00Z",
        "undoable_until": None,
        "refund_amount": 87_996,
        "currency": "INR",
        "paid_amount": 94_282,
        "unused_time": 0.933333,
        "refundable_until": "2026-11-28T06:30:00Z",
        "limited_by": "time",
        "explanation": "By time: 93.3 % of the period you paid for is left.",
        "kept_amount": 0,
        "credit_micro_usd": None,
    },
    "PlanChange": {"plan_id": "enterprise", "when": "now"},
    "PlanChangePreview": {
        "plan_id": "pro",
        "period": "yearly",
        "currency": "INR",
        "payment_needed": True,
        "charged_now": 942_820,
        "charged_amount": 942_820,
        "refund_amount": 37_712,
        "returned_as": "money",
        "added_days": 0,
        "limited_by": "large_messages",
        "explanation": "Counted by answers from large models: you used 60 of the 100 that this payment covers.",
        "starts_at": "2026-11-23T06:30:00Z",
        "seats": None,
        "seats_now": None,
        "added_seats": 0,
        "added_units": None,
        "bank_confirmation": None,
    },
    "ChangePage": {
        "items": [
            {
                "old_tier": "free",
                "new_tier": "pro",
                "change_reason": "new_subscription",
                "changed_at": "2026-11-21T06:30:00Z",
                "metadata": {"found_by": "webhook"},
            }
        ],
        "next_cursor": None,
    },
    "Portal": {"url": "https://rzp.io/i/abc", "purpose": "payment_method", "expires_at": None},
    "BillingDetails": DETAILS,
    "NewBillingDetails": {name: value for name, value in DETAILS.items() if value is not None},
    "Invoice": INVOICE,
    "InvoicePage": {"items": [INVOICE], "next_cursor": None},
}
