"""What people report to operators: shared conversations and chatbots."""

from typing import Any

from openapi.examples.account import USER_ID
from openapi.examples.admin import page
from openapi.examples.chat import CONVERSATION_ID

SHARE_ID = "d4c3b2a1-0f9e-4d8c-b7a6-958473625140"

_CHATBOT: dict[str, Any] = {
    "id": "a9e4c1b7-6d2f-4830-9b5e-1c7f3a8d2013",
    "public_id": "k7m2xq9tn4wc5hv8pd3j",
    "name": "Tea guide",
    "url": "https://widget.oneai.example/widget-test.html?chatbot=k7m2xq9tn4wc5hv8pd3j",
    "workspace_id": USER_ID,
    "user_id": USER_ID,
    "email": "asha@example.com",
    "report_count": 1,
    "reports": [
        {
            "kind": "complaint",
            "message": "It insults people.",
            "answer": "Three minutes.",
            "created_at": "2026-11-23T06:30:00Z",
        }
    ],
}

EXAMPLES: dict[str, Any] = {
    "ReportedSharePage": page(
        {
            "id": SHARE_ID,
            "kind": "live",
            "conversation_id": CONVERSATION_ID,
            "user_id": USER_ID,
            "email": "asha@example.com",
            "title": "Plans",
            "report_count": 2,
            "last_reported_at": "2026-11-23T06:30:00Z",
            "due_at": "2026-11-23T08:30:00Z",
            "overdue": False,
            "reasons": ["It shows my address."],
            "reports": [{"kind": "complaint", "reason": "It shows my address.", "created_at": "2026-11-23T06:30:00Z"}],
        }
    ),
    "ReportedChatbotPage": page(
        {
            **_CHATBOT,
            "last_reported_at": "2026-11-23T06:30:00Z",
            "due_at": "2026-11-30T06:30:00Z",
            "overdue": False,
        }
    ),
    "SuspendedChatbotPage": page({**_CHATBOT, "suspended_at": "2026-11-23T06:31:00Z", "all_suspended": False}),
    "ChatbotSuspension": {"reason": "It insults people.", "all": False},
    "ChatbotSuspensionResult": {"id": "a9e4c1b7-6d2f-4830-9b5e-1c7f3a8d2013", "suspended": True, "changed": True},
    "TakenDownShare": {
        "id": SHARE_ID,
        "user_id": USER_ID,
        "taken_down_at": "2026-11-23T06:31:00Z",
        "already": False,
    },
}
