"""The inbox: visitors' conversations, as their team reads and changes them."""

from typing import Any

from openapi.examples.workspaces import USER_ID

CHATBOT_ID = "7f3a8d20-13a9-4e4c-8b76-d2f48309b5e2"
VISITOR: dict[str, Any] = {
    "id": "c1b76d2f-4830-8b5e-9c7f-3a8d2013a9e4",
    "external_id": None,
    "name": None,
    "email": None,
    "introduction": {
        "name": "Asha Rao",
        "email": None,
        "consent": "The shop may store what I write.",
        "consented_at": "2026-11-21T08:00:00Z",
    },
}
_COMMON: dict[str, Any] = {
    "id": "5e1c47f3-8d20-43a9-a4c1-b76d2f48309b",
    "chatbot_id": CHATBOT_ID,
    "title": "Do you ship to Goa?",
    "status": "bot",
    "snoozed_until": None,
    "spam": False,
    "assignee": None,
    "tags": ["shipping"],
    "member_rating": None,
    "csat": {"score": 5, "note": None, "of": "bot"},
    "ratings": {"good": 1, "bad": 0},
    "messages": 2,
    "last_outcome": "answered",
    "unanswered": 0,
    "language": "en",
    "page": "https://tea.example.com/shop",
    "device": "phone",
    "cost_micro_usd": 420,
    "charged_micro_usd": 420,
    "created_at": "2026-11-21T08:00:00Z",
    "last_message_at": "2026-11-21T08:00:04Z",
}
TALK: dict[str, Any] = _COMMON | {"visitor": VISITOR, "found": None}
_NOTE: dict[str, Any] = {
    "id": "2f48309b-5e1c-47f3-8d20-13a9e4c1b76e",
    "author": {"user_id": USER_ID, "name": "Asha"},
    "content": "Asked for express shipping on the phone.",
    "created_at": "2026-11-21T09:00:00Z",
    "updated_at": "2026-11-21T09:00:00Z",
}

_VIEW: dict[str, Any] = {
    "id": "48309b5e-1c47-438d-8013-a9e4c1b76d2f",
    "name": "Open orders",
    "filter": {"status": "open", "tag": ["order"]},
    "shared": True,
    "created_at": "2026-11-21T09:00:00Z",
    "updated_at": "2026-11-21T09:00:00Z",
}
_REPLY: dict[str, Any] = {
    "id": "309b5e1c-47f3-48d2-813a-9e4c1b76d2f4",
    "name": "hours",
    "content": "Hello {{visitor.name|there}}, we are here from ten to six.",
    "filled": None,
    "created_at": "2026-11-21T09:00:00Z",
    "updated_at": "2026-11-21T09:00:00Z",
}

EXAMPLES: dict[str, Any] = {
    "ChatbotConversationPage": {"items": [TALK], "next_cursor": None},
    "InboxPage": {
        "items": [TALK],
        "next_cursor": None,
        "counts": {"mine": 2, "unassigned": 3, "open": 6, "bot": 41, "snoozed": 1, "resolved": 112, "spam": 4},
    },
    "InboxStats": {
        "total": 160,
        "average_messages": 5.4,
        "by_status": {"bot": 41, "open": 6, "snoozed": 1, "resolved": 112},
        "spam": 4,
        "satisfaction": {
            "all": {"score": 4.5, "votes": 8},
            "bot": {"score": 4.4, "votes": 5},
            "member": {"score": 4.67, "votes": 3},
        },
    },
    "InboxTagList": {"items": [{"name": "shipping", "count": 12}]},
    "VisitorExport": {
        "visitors": [
            VISITOR
            | {
                "chatbot_id": CHATBOT_ID,
                "first_seen_at": "2026-11-21T08:00:00Z",
                "last_seen_at": "2026-11-21T08:00:00Z",
            }
        ],
        "leads": [
            {
                "id": "8309b5e1-c47f-438d-a013-a9e4c1b76d2f",
                "chatbot_id": CHATBOT_ID,
                "name": "Asha Rao",
                "email": "asha@example.com",
                "message": "Please call me back.",
                "created_at": "2026-11-21T08:05:00Z",
            }
        ],
        "mail_addresses": [
            {
                "conversation_id": _COMMON["id"],
                "email": "asha@example.com",
                "asked_at": "2026-11-21T08:06:00Z",
                "confirmed_at": "2026-11-21T08:10:00Z",
            }
        ],
        "conversations": [],
    },
    "NewView": {"name": "Open orders", "filter": {"status": "open", "tag": ["order"]}, "shared": True},
    "ViewChanges": {"name": "Orders of today", "filter": {"tag": ["order"], "from": "2026-11-21"}},
    "InboxView": _VIEW,
    "InboxViewList": {"items": [_VIEW]},
    "NewReply": {"name": "hours", "content": "Hello {{visitor.name|there}}, we are here from ten to six."},
    "ReplyChanges": {"content": "Hello {{visitor.name|there}}, we are here from nine to six."},
    "CannedReply": _REPLY,
    "CannedReplyList": {"items": [_REPLY | {"filled": "Hello Asha Rao, we are here from ten to six."}]},
    "InboxConversationChanges": {"status": "resolved", "tags": ["shipping"], "notes": "Called back."},
    "InboxConversationState": {"status": "open", "tags": ["shipping"], "assignee_id": USER_ID, "member_rating": 4},
    "InboxBulk": {"filter": {"status": "open", "tag": ["shipping"]}, "action": "status", "status": "resolved"},
    "InboxBulkResult": {"changed": 12, "more": False, "export_id": None},
    "DraftRequest": {"message_id": "2d48309b-5e1c-47f3-8d20-13a9e4c1b76d"},
    "DraftedReply": {
        "message_id": "2d48309b-5e1c-47f3-8d20-13a9e4c1b76d",
        "text": "Yes, we ship to Goa within five days. [1]",
        "outcome": "answered",
        "sources": [
            {
                "n": 1,
                "document_id": "7f3a8d20-13a9-4e4c-8b76-d2f48309b5e1",
                "name": "teas.pdf",
                "page": 3,
                "heading": "Shipping",
                "snippet": "We ship to all of India within five days.",
            }
        ],
        "cost_micro_usd": 412,
        "charged_micro_usd": 412,
    },
    "NewNote": {"content": "Asked for express shipping on the phone."},
    "InboxNote": _NOTE,
    "ChatbotConversationDetail": _COMMON
    | {
        "visitor": VISITOR
        | {
            "first_seen_at": "2026-11-21T08:00:00Z",
            "last_seen_at": "2026-11-21T08:00:00Z",
            "language": "en",
            "device": "phone",
            "referrer": "https://search.example.com",
            "pages": ["https://tea.example.com/shop"],
            "conversations": [],
        },
        "handed_off_at": None,
        "claimed_at": None,
        "resolved_at": None,
        "notes": [_NOTE],
        "events": [],
        "items": [
            {
                "id": "0b5e1c47-f38d-4013-a9e4-c1b76d2f4830",
                "role": "user",
                "author": {"kind": "visitor", "name": "Meera"},
                "content": "Do you ship to Goa?",
                "state": "complete",
                "outcome": None,
                "sources": [],
                "rating": None,
                "number": 1,
                "created_at": "2026-11-21T08:00:00Z",
            },
            {
                "id": "1c47f38d-2013-49e4-81b7-6d2f48309b5e",
                "role": "assistant",
                "author": {"kind": "bot", "name": "Help"},
                "content": "Yes, within five days. [1]",
                "state": "complete",
                "outcome": "answered",
                "sources": [
                    {
                        "n": 1,
                        "document_id": "7f3a8d20-13a9-4e4c-8b76-d2f48309b5e1",
                        "name": "teas.pdf",
                        "page": 3,
                        "heading": "Shipping",
                        "snippet": "We ship to all of India within five days.",
                    }
                ],
                "rating": 1,
                "number": 2,
                "created_at": "2026-11-21T08:00:04Z",
            },
        ],
    },
}
