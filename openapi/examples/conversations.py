"""Conversations, their messages, links to them, and files."""

from typing import Any

from openapi.examples.account import USER_ID
from openapi.examples.chat import ANSWER_ID, CONVERSATION_ID, QUESTION_ID, USAGE

SHARE_ID = "f3d3f8a1-6f5c-4f5e-bb0a-1c2d3e4f5005"
UPLOAD_ID = "c9a4e6d2-51a7-4b5f-8f0f-3b6a8d7e6006"
JOB_ID = "a2b8d9e0-77b4-4a0b-9a3e-64c5d1f07007"
TEAM_ID = "7d0f5a52-3f0e-4f8e-9a55-2f2a0c1b8008"
TOKEN = "kq3J0n9c1Jm4c1kXx0b8pVhV7c2f1s0Zs3m5yQd6e4A"

CONVERSATION: dict[str, Any] = {
    "id": CONVERSATION_ID,
    "workspace_id": USER_ID,
    "visibility": "private",
    "author": {"user_id": USER_ID, "name": "Asha Rao"},
    "title": "Monsoons",
    "title_source": "auto",
    "model": "openai/gpt-4.1-mini",
    "web_search": False,
    "temperature": 0.7,
    "max_tokens": None,
    "system_prompt": None,
    "tags": ["weather"],
    "folder": None,
    "pinned": False,
    "archived": False,
    "message_count": 2,
    "total_cost_micro_usd": 10,
    "created_at": "2026-11-21T06:30:00Z",
    "updated_at": "2026-11-21T06:30:04Z",
    "last_message_at": "2026-11-21T06:30:00Z",
    "answering": False,
    "metadata": {},
}
QUESTION: dict[str, Any] = {
    "id": QUESTION_ID,
    "role": "user",
    "content": "What is a monsoon?",
    "state": "complete",
    "sequence_number": 1,
    "revision_number": 0,
    "revision_count": 1,
    "revision_position": 1,
    "revision_type": None,
    "original_message_id": None,
    "is_latest": True,
    "parent_message_id": None,
    "requested_model": None,
    "model": None,
    "finish_reason": None,
    "error_code": None,
    "usage": None,
    "reasoning": None,
    "turn_id": None,
    "first_token_ms": None,
    "feedback": None,
    "metadata": {},
    "created_at": "2026-11-21T06:30:00Z",
}
ANSWER: dict[str, Any] = {
    **QUESTION,
    "id": ANSWER_ID,
    "role": "assistant",
    "content": "A wind that changes its direction with the season.",
    "sequence_number": 2,
    "parent_message_id": QUESTION_ID,
    "requested_model": "openai/gpt-4.1-mini",
    "model": "openai/gpt-4.1-mini-2025-04-14",
    "finish_reason": "stop",
    "usage": USAGE,
    "reasoning": {"text": "The season turns the wind.", "length": 26, "is_cut": False},
    "turn_id": ANSWER_ID,
    "first_token_ms": 420,
    "feedback": {"rating": 1, "note": "Short and right."},
}
SHARE: dict[str, Any] = {
    "id": SHARE_ID,
    "kind": "snapshot",
    "expires_at": None,
    "show_name": False,
    "fork": True,
    "show_sources": False,
    "show_reasoning": False,
    "created_at": "2026-11-21T07:00:00Z",
    "taken_down_at": None,
    "url": f"https://chat.example.com/shared/{TOKEN}",
}
_OF_SHARED = ("sequence_number", "role", "content", "state", "requested_model", "model", "created_at")

EXAMPLES: dict[str, Any] = {
    "Conversation": CONVERSATION,
    "ConversationPage": {"items": [CONVERSATION], "next_cursor": None},
    "ConversationDetail": {
        **CONVERSATION,
        "branch_cost_micro_usd": 10,
        "messages": {"items": [QUESTION, ANSWER], "compared": [], "next_cursor": None, "summarised_until": None},
    },
    "NewConversation": {
        "title": "Monsoons",
        "system_prompt": "Answer in one sentence.",
        "temperature": 0.7,
        "max_tokens": 1000,
    },
    "ConversationChanges": {"pinned": True, "folder": "School", "temperature": 1.2},
    "NewTitle": {"title": "Monsoons"},
    "MoveRequest": {"workspace_id": TEAM_ID},
    "Move": {
        "moved": True,
        "conversation_id": CONVERSATION_ID,
        "paid_before": {"id": USER_ID, "name": None, "kind": "personal", "plan": "pro"},
        "paid_after": {"id": TEAM_ID, "name": "Nilgiri Tea", "kind": "team", "plan": "team"},
        "bytes": 3120,
        "documents": 0,
    },
    "Labels": {"folders": [{"name": "School", "count": 3}], "tags": [{"name": "weather", "count": 2}]},
    "BulkRequest": {"ids": [CONVERSATION_ID], "action": "archive"},
    "BulkResults": {"results": [{"id": CONVERSATION_ID, "status": "ok"}]},
    "Message": ANSWER,
    "StoredThoughts": {"text": "The season turns the wind.", "length": 26, "is_cut": False},
    "MessagePage": {"items": [QUESTION, ANSWER], "compared": [], "next_cursor": None, "summarised_until": None},
    "ConversationSummary": {
        "until": ANSWER["id"],
        "content": "Asha plans a trip to Kerala in July and asked when the monsoon begins: on 1 June, on average.",
        "model": "openai/gpt-4.1-nano",
        "created_at": "2026-11-21T07:00:00Z",
    },
    "HistoryPage": {
        "items": [{**ANSWER, "conversation_id": CONVERSATION_ID, "title": "Monsoons"}],
        "next_cursor": None,
    },
    "RevisionList": {
        "items": [{**ANSWER, "is_chosen": True, "branch_cost_micro_usd": 10}],
        "next_cursor": None,
    },
    "Correction": {"content": "A wind that turns with the season."},
    "Feedback": {"rating": 1, "note": "Short and right."},
    "SearchPage": {
        "items": [
            {
                "message_id": QUESTION_ID,
                "conversation_id": CONVERSATION_ID,
                "title": "Monsoons",
                "role": "user",
                "author": None,
                "in_reasoning": False,
                "is_latest": True,
                "snippet": "What is a monsoon?",
                "highlights": [[10, 17]],
                "rank": 0.6,
                "created_at": "2026-11-21T06:30:00Z",
            }
        ],
        "next_cursor": None,
    },
    "ShareRequest": {"kind": "snapshot"},
    "NewShare": {**SHARE, "token": TOKEN},
    "ShareList": {"items": [SHARE]},
    "SharePage": {
        "items": [{**SHARE, "conversation_id": CONVERSATION_ID, "title": "Monsoons"}],
        "next_cursor": None,
    },
    "SharedConversation": {
        "kind": "snapshot",
        "title": "Monsoons",
        "name": None,
        "fork": True,
        "created_at": "2026-11-21T07:00:00Z",
        "expires_at": None,
        "messages": {
            "items": [
                {
                    **{name: each[name] for name in _OF_SHARED},
                    "adjust": None,
                    "edited": False,
                    "attachments": [],
                    "images": 0,
                    "sources": [],
                    "reasoning": None,
                    "reasoning_length": None,
                    "reasoning_is_cut": False,
                }
                for each in (QUESTION, ANSWER)
            ],
            "compared": [],
            "next_cursor": None,
        },
    },
    "Fork": {"conversation_id": CONVERSATION_ID},
    "ReportRequest": {"reason": "It shows my address.", "kind": "complaint"},
    "NewUpload": {"name": "cat.png", "type": "image/png", "size": 120_000},
    "UploadTarget": {
        "upload_id": UPLOAD_ID,
        "url": "https://files.example.com/uploads/cat.png?X-Amz-Signature=…",
        "headers": {"content-type": "image/png", "content-length": "120000"},
        "expires_at": "2026-11-21T07:30:00Z",
    },
    "UploadState": {
        "id": UPLOAD_ID,
        "name": "contract.pdf",
        "type": "application/pdf",
        "size": 1_200_000,
        "status": "extracting",
        "progress": 0.25,
        "problem": None,
    },
    "DepartureToken": {"token": "DEPARTURE_TOKEN"},
    "ExportAccepted": {"export_id": JOB_ID},
    "Export": {
        "state": "done",
        "progress": 100,
        "url": "https://files.example.com/exports/conversations.zip?X-Amz-Signature=…",
        "expires_at": "2026-11-21T07:15:00Z",
        "error": None,
    },
    "ImportRequest": {"upload_id": UPLOAD_ID},
    "ImportAccepted": {"import_id": JOB_ID},
    "Import": {
        "state": "done",
        "progress": 100,
        "imported": 41,
        "skipped": 0,
        "failed": 1,
        "errors": [{"position": 7, "title": "Old notes", "message": "It has no messages."}],
        "left_out": {"hidden": 2, "thoughts": 12, "tool_calls": 9, "tool_results": 9, "unreadable": 0},
        "error": None,
    },
}
