"""Chatbots, their drafts and versions."""

from typing import Any

from oneai.chatbots.fields import Configuration, Limits
from openapi.examples import inbox
from openapi.examples.workspaces import USER_ID, WORKSPACE_ID

_DRAFT: dict[str, Any] = Configuration(
    model="openai/gpt-5-mini", system_prompt="You answer questions about our teas."
).model_dump(mode="json")
_LIMITS: dict[str, Any] = Limits().model_dump(mode="json")
_STATS: dict[str, Any] = {
    "since": "2026-11-21T06:30:00Z",
    "answers": 42,
    "outcomes": {"answered": 36, "not_found": 6},
    "visitors": 19,
    "conversations": 23,
    "leads": 2,
    "ratings": {"good": 11, "bad": 2},
    "csat": {"score": 4.5, "votes": 8},
    "cost_micro_usd": 8_400,
    "charged_micro_usd": 8_400,
    "units": 42,
}
_CHATBOT: dict[str, Any] = {
    "id": "a9e4c1b7-6d2f-4830-9b5e-1c7f3a8d2013",
    "public_id": "k7m2xq9tn4wc5hv8pd3j",
    "workspace_id": WORKSPACE_ID,
    "name": "Tea guide",
    "description": "Answers questions about our teas.",
    "use_case": "support",
    "status": "published",
    "paused_by_plan": False,
    "version": 1,
    "draft": _DRAFT,
    "published": _DRAFT,
    "published_at": "2026-11-21T07:00:00Z",
    "domains": ["https://example.com"],
    "proof_of_work": "auto",
    "limits": _LIMITS,
    "retention_days": 365,
    "documents": 1,
    "stats": _STATS,
    "suspended_at": None,
    "created_at": "2026-11-21T06:30:00Z",
    "updated_at": "2026-11-21T07:00:00Z",
    "deletes_at": None,
}
_VERSION: dict[str, Any] = {
    "version": 1,
    "configuration": _DRAFT,
    "published_by": USER_ID,
    "published_at": "2026-11-21T07:00:00Z",
}
_VISITOR: dict[str, Any] = inbox.VISITOR
_LISTED: dict[str, Any] = inbox.TALK
_SECRET: dict[str, Any] = {
    "id": "b76d2f48-309b-45e1-847f-38d2013a9e4c",
    "created_at": "2026-11-21T07:30:00Z",
    "expires_at": None,
}
_ANSWER: dict[str, Any] = {
    "id": "2f48309b-5e1c-47f3-8d20-13a9e4c1b76d",
    "question": "When are you open?",
    "alternatives": ["What are your opening hours?"],
    "answer": "From ten to six, Monday to Saturday.",
    "created_at": "2026-11-21T07:30:00Z",
    "updated_at": "2026-11-21T07:30:00Z",
}

EVALUATION: dict[str, Any] = {
    "id": "2d3c4b5a-6f7e-4d8c-9b0a-1c2d3e4f5a6b",
    "question": "How long does the first flush steep?",
    "must_contain": ["three minutes"],
    "must_not_contain": [],
    "sources": [],
    "must_not_know": False,
    "created_at": "2026-11-21T07:30:00Z",
    "updated_at": "2026-11-21T07:30:00Z",
}
RUN: dict[str, Any] = {
    "run_id": "7e8f9a0b-1c2d-4e3f-8a5b-6c7d8e9f0a1b",
    "version": "draft",
    "state": "complete",
    "problem": None,
    "is_current": True,
    "total": 12,
    "done": 12,
    "passed": 11,
    "cost_micro_usd": 1_440,
    "charged": 12,
    "created_at": "2026-11-21T07:30:00Z",
    "ended_at": "2026-11-21T07:31:00Z",
}

EXAMPLES: dict[str, Any] = {
    "PreviewQuestion": {"message": "How long does the first flush steep?", "version": "draft"},
    "NewChatbot": {"name": "Tea guide", "use_case": "support", "model": "openai/gpt-5-mini"},
    "ChatbotChanges": {"system_prompt": "You answer questions about our teas, in two sentences."},
    "Chatbot": _CHATBOT,
    "ChatbotDetail": _CHATBOT
    | {
        "knowledge": [
            {
                "id": "7f3a8d20-13a9-4e4c-8b76-d2f48309b5e1",
                "kind": "document",
                "name": "teas.pdf",
                "state": "ready",
                "in_draft": True,
                "in_published": True,
            }
        ],
        "recent_conversations": [_LISTED],
    },
    "ChatbotLeadPage": {
        "items": [
            {
                "id": "8b76d2f4-8309-4b5e-9c47-f38d2013a9e4",
                "name": "Meera",
                "email": "meera@example.com",
                "message": "Please call me about an order for a wedding.",
                "visitor": _VISITOR,
                "created_at": "2026-11-21T08:02:00Z",
            }
        ],
        "next_cursor": None,
    },
    "NewAnswer": {"question": "When are you open?", "answer": "From ten to six, Monday to Saturday."},
    "AnswerChanges": {"alternatives": ["What are your opening hours?"]},
    "CuratedAnswer": _ANSWER,
    "CuratedAnswerPage": {"items": [_ANSWER], "next_cursor": None},
    "AnswerImport": {"csv": "question,answer\nDo you ship abroad?,Not yet.\nMay I pay in cash?,\n"},
    "AnswersImported": {"imported": 1, "refused": [{"line": 3, "field": "answer", "code": "required"}]},
    "ChatbotFigures": _STATS
    | {
        "days": [{"day": "2026-11-21", "answers": 42, "cost_micro_usd": 8_400, "charged_micro_usd": 8_400}],
        "not_found": [
            {
                "question": "Do you ship to Goa?",
                "times": 4,
                "last_asked_at": "2026-11-21T08:00:00Z",
                "conversation_id": "5e1c47f3-8d20-43a9-a4c1-b76d2f48309b",
            }
        ],
    },
    "ChatbotPage": {"items": [_CHATBOT], "next_cursor": None},
    "VersionComparison": {
        "before": 1,
        "after": "draft",
        "differences": [{"field": "widget.color", "before": "#2563eb", "after": "#0f766e"}],
    },
    "EmbedCode": {
        "html": '<script src="https://chat.example.com/widget.js" data-chatbot="k7m2xq9tn4wc5hv8pd3j" async></script>',
        "react": "export function Chatbot() { … }",
        "wordpress": 'add_action("wp_footer", function () { … });',
        "link": '<a href="https://chat.example.com/chat/k7m2xq9tn4wc5hv8pd3j">Tea guide</a>',
        "url": "https://chat.example.com/chat/k7m2xq9tn4wc5hv8pd3j",
        "qr_code": '<svg width="148" height="148">…</svg>',
    },
    "NewIdentitySecret": {"overlap_hours": 24},
    "IdentitySecretMade": _SECRET | {"secret": "identity-c2VjcmV0LW9mLXRoZS13ZWJzaXRlLXRlYS5leGFtcGxl"},
    "IdentitySecretList": {"items": [_SECRET]},
    "ChatbotVersionPage": {"items": [_VERSION], "next_cursor": None},
    "Published": {
        "version": 1,
        "worse": [{"evaluation_id": "2d3c4b5a-6f7e-4d8c-9b0a-1c2d3e4f5a6b", "question": "Do you ship to Nepal?"}],
    },
    "NewEvaluation": {"question": "How long does the first flush steep?", "must_contain": ["three minutes"]},
    "EvaluationChanges": {"must_not_contain": ["boiling"]},
    "Evaluation": EVALUATION,
    "EvaluationList": {"items": [EVALUATION]},
    "NewRun": {"version": "draft"},
    "EvaluationRun": RUN,
    "EvaluationRunPage": {"items": [RUN], "next_cursor": None},
    "EvaluationRunDetail": {
        **RUN,
        "results": [
            {
                "evaluation_id": EVALUATION["id"],
                "question": EVALUATION["question"],
                "state": "not_passed",
                "failures": [{"check": "must_contain", "value": "three minutes"}],
                "outcome": "answered",
                "answer": "Two minutes. [1]",
                "error_code": None,
                "cost_micro_usd": 120,
                "charged": 1,
            }
        ],
    },
    "RunComparison": {
        "better": [],
        "worse": [{"evaluation_id": EVALUATION["id"], "question": EVALUATION["question"]}],
        "same": 11,
    },
    "Toggled": {"status": "paused"},
    "ChatbotMove": {"workspace_id": "13a9e4c1-b76d-4f48-b09b-5e1c47f38d20", "documents": "copy"},
    "Duplicate": {"name": "Tea guide for shops", "with_knowledge": True},
}
