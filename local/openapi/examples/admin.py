"""What admins see and do."""

from typing import Any


def figure(value: float, previous: float) -> dict[str, Any]:
    """A figure with that of the period before."""
    return {"value": value, "previous": previous, "change": (value - previous) / previous}


EXAMPLES: dict[str, Any] = {
    "Overview": {
        "from": "2026-10-24T18:30:00Z",
        "to": "2026-11-23T18:30:00Z",
        "previous_from": "2026-09-24T18:30:00Z",
        "tz": "Asia/Kolkata",
        "active_users": figure(1250, 1000),
        "new_users": figure(300, 240),
        "answers": figure(42_000, 40_000),
        "first_token_ms_p50": figure(640, 800),
        "first_token_ms_p95": figure(1800, 2000),
        "error_share": figure(0.005, 0.004),
        "net_revenue": [{"currency": "INR", **figure(12_500_000, 10_000_000)}],
        "ai_cost_micro_usd": figure(210_000_000, 200_000_000),
        "margin_micro_usd": figure(1_250_000_000, 1_000_000_000),
        "usd_inr": 85,
    },
}
