"""Figures of chatbots."""

from typing import Any

_CHATBOT_ID = "a9e4c1b7-6d2f-4830-9b5e-1c7f3a8d2013"
_SUMS: dict[str, Any] = {
    "conversations": 23,
    "messages": 96,
    "visitors": 21,
    "visitors_new": 17,
    "visitors_returning": 4,
    "answers": 48,
    "handed_off": 3,
    "resolved_by_bot": 6,
    "satisfaction": {"score": 4.5, "votes": 8},
    "cost_micro_usd": 8_700,
    "charged_micro_usd": 8_400,
}
_PERIOD: dict[str, Any] = _SUMS | {
    "from": "2026-11-21",
    "to": "2026-11-21",
    "time_zone": "Asia/Kolkata",
    "satisfaction_with_bot": {"score": 4.57, "votes": 7},
    "satisfaction_with_people": {"score": 4.0, "votes": 1},
    "charged_per_conversation_micro_usd": 365,
    "charged_per_resolved_micro_usd": 1_400,
    "by_day": [_SUMS | {"day": "2026-11-21"}],
    "before": _SUMS | {"from": "2026-11-20", "to": "2026-11-20"},
}

EXAMPLES: dict[str, Any] = {
    "AnalyticsOverview": _PERIOD
    | {"by_chatbot": [_SUMS | {"chatbot_id": _CHATBOT_ID, "name": "Tea guide", "deleted": False}]},
    "ChatbotAnalytics": _PERIOD
    | {
        "chatbot_id": _CHATBOT_ID,
        "name": "Tea guide",
        "first_token_ms": {"p50": 620, "p95": 1_480},
        "answer_ms": {"p50": 2_900, "p95": 6_700},
        "to_person_ms": {"p50": 45_000, "p95": 210_000},
        "outcomes": {"answered": 41, "not_found": 7},
        "languages": [{"name": "en", "conversations": 18}, {"name": "hi", "conversations": 5}],
        "pages": [{"name": "https://example.com/shipping", "conversations": 9}],
        "topics": [
            {
                "id": "7f3a8d20-13a9-44c1-b76d-2f48309b5e1c",
                "name": "Do you ship to Goa?",
                "questions": 14,
                "visitors": 11,
                "answered": 12,
                "not_found": 2,
                "examples": ["Do you ship to Goa?", "Shipping to Goa"],
            }
        ],
        "sources": [{"document_id": "4c1b76d2-f483-409b-9e1c-47f38d2013a9", "name": "shipping.pdf", "answers": 12}],
    },
}
