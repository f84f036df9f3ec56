"""Reports of the business."""

from typing import Any

REPORT = {"from": "2026-10-25", "to": "2026-11-23", "tz": "Asia/Kolkata", "as_of": "2026-11-23T06:02:00Z"}
USAGE = {
    "answers": 42_000,
    "answer_share": 1.0,
    "complete": 40_000,
    "stopped": 1_700,
    "truncated": 100,
    "failed": 200,
    "completion_rate": 0.9524,
    "embeddings": 0,
    "prompt_tokens": 30_000_000,
    "completion_tokens": 20_000_000,
    "positive": 900,
    "negative": 100,
    "positive_share": 0.9,
    "active_users": 1250,
    "tokens_per_user": 40_000,
}
REVENUE = {
    "currency": "INR",
    "mrr": 7_990_000,
    "arr": 95_880_000,
    "customers": 100,
    "arpu": 79_900,
    "new_mrr": 958_800,
    "reactivation_mrr": 0,
    "expansion_mrr": 0,
    "contraction_mrr": 0,
    "churned_mrr": -239_700,
    "new_customers": 12,
    "reactivated_customers": 0,
    "churned_customers": 3,
    "churn_rate": 0.033,
    "mrr_churn_rate": 0.033,
    "payments": 98,
    "gross": 7_830_200,
    "tax": 1_194_437,
    "refunds": 1,
    "refunded": 79_900,
    "disputes": 0,
    "disputed": 0,
    "net_revenue": 6_555_863,
    "failed_payments": 2,
    "failed": 159_800,
    "failed_payment_share": 0.02,
}
COST = {
    "requests": 44_000,
    "answers": 42_000,
    "prompt_tokens": 30_000_000,
    "completion_tokens": 20_000_000,
    "cost_micro_usd": 210_000_000,
    "cost_share": 1.0,
    "cost_per_answer_micro_usd": 5_000,
    "revenue_micro_usd": 882_352_941,
    "margin_micro_usd": 672_352_941,
    "margin_share": 0.762,
}
PERFORMANCE = {
    "answers": 42_000,
    "errors": 300,
    "error_share": 0.0071,
    "first_token_ms_p50": 640,
    "first_token_ms_p95": 1800,
    "first_token_ms_p99": 3100,
    "duration_ms_p50": 5200,
    "duration_ms_p95": 21_000,
    "duration_ms_p99": 44_000,
}

EXAMPLES: dict[str, Any] = {
    "UsageAnalytics": {
        **REPORT,
        "totals": {
            **USAGE,
            "new_users": 300,
            "daily_active_users": 210,
            "weekly_active_users": 700,
            "monthly_active_users": 1250,
        },
        "items": [{"model": "openai/gpt-4.1-mini", **USAGE}],
        "next_cursor": None,
    },
    "RevenueAnalytics": {
        **REPORT,
        "totals": [REVENUE],
        "providers": [
            {
                "payment_provider": "razorpay",
                "currency": "INR",
                "payments": 900,
                "gross": 71_910_000,
                "refunds": 4,
                "refunded": 319_600,
                "disputes": 1,
                "disputed": 79_900,
                "failed_payments": 12,
                "net_revenue": 60_539_178,
                "fees": 1_438_200,
                "payments_with_fee": 900,
            }
        ],
        "conversion": {"free_workspaces": 9000, "new_workspaces": 300, "new_customers": 12, "rate": 0.0013},
        "items": [{"plan": "pro", **REVENUE}],
        "next_cursor": None,
    },
    "CostAnalytics": {
        **REPORT,
        "totals": {**COST, "net_revenue": [{"currency": "INR", "amount": 7_500_000}], "usd_inr": "85"},
        "items": [{"model": "openai/gpt-4.1", **COST}],
        "suggestions": [
            {
                "model": "openai/gpt-4.1",
                "alternative": "openai/gpt-4.1-mini",
                "cost_ratio": 4.0,
                "positive_share": 0.9,
                "alternative_positive_share": 0.89,
                "saving_micro_usd": 157_500_000,
                "message": "openai/gpt-4.1 costs 4 times openai/gpt-4.1-mini at equal feedback.",
            }
        ],
        "next_cursor": None,
    },
    "PerformanceAnalytics": {
        **REPORT,
        "totals": PERFORMANCE,
        "stages": [
            {"stage": "admission", "ms_p50": 12, "ms_p95": 31},
            {"stage": "preparation", "ms_p50": 2, "ms_p95": 95},
            {"stage": "model", "ms_p50": 610, "ms_p95": 1700},
            {"stage": "writing", "ms_p50": 4100, "ms_p95": 11800},
        ],
        "items": [{"provider": "OpenAI", **PERFORMANCE}],
        "next_cursor": None,
    },
}
