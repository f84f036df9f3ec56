"""What visitors of a website do with a chatbot."""

import json
from typing import Any

from oneai.chatbots.fields import PreChatForm
from openapi.examples.chat import ANSWER_ID, CONVERSATION_ID, QUESTION_ID

PUBLIC_ID = "k7m2xq9tn4wc5hv8pd3j"

EXAMPLES: dict[str, Any] = {
    "VisitorQuestion": {
        "message": "How long does the first flush steep?",
        "introduction": {"name": "Asha Rao", "consent": "The shop may store what I write."},
    },
    "OfflineAnswer": {
        "mode": "offline",
        "message": "We are back at nine.",
        "answers": [{"question": "When are you open?", "answer": "From nine to six."}],
        "form": True,
    },
    "VisitorConversationList": {
        "items": [
            {
                "id": CONVERSATION_ID,
                "title": "How long does the first flush steep?",
                "created_at": "2026-11-21T07:30:00Z",
                "last_message_at": "2026-11-21T07:31:00Z",
            }
        ]
    },
    "VisitorMessageList": {
        "items": [
            {
                "id": ANSWER_ID,
                "role": "assistant",
                "author": {"kind": "bot", "name": "Ask about tea"},
                "content": "Three minutes.",
                "state": "complete",
                "outcome": "answered",
                "sources": [{"n": 1, "name": "Teas.pdf", "page": 2, "heading": None, "snippet": "First flush: 3 min"}],
                "rating": 1,
                "number": 2,
                "created_at": "2026-11-21T07:30:00Z",
            }
        ],
        "status": "bot",
        "person": None,
        "typing": True,
        "back_at": None,
        "events": [],
        "mail": "none",
    },
    "ConversationStatus": {"status": "open"},
    "WaitingMessage": {"message_id": QUESTION_ID, "status": "open"},
    "VisitorRating": {"rating": 1},
    "ConversationScore": {"score": 5, "note": "Quick and friendly."},
    "NewLead": {
        "email": "asha@example.com",
        "name": "Asha",
        "message": "Please call me about a large order.",
        "introduction": {"name": "Asha Rao", "consent": "The shop may store what I write."},
    },
    "Lead": {"id": "0b7f6a52-1c3d-4e8f-9a2b-5d6c7e8f9a0b"},
    "ChatbotReport": {"reason": "complaint", "message": "It insults people.", "message_id": ANSWER_ID},
    "SessionRequest": {},
    "VisitorSession": {
        "token": "eyJjIjoiazdtMnhxOXRuNHdjNWh2OHBkM2oifQ.c2lnbmF0dXJl",
        "handle": "q3mZ7x2Kf0aVb9Lw5tYc8RnHd1JpGsE4uXoT6iBvNkM",
        "expires_at": "2026-11-21T08:30:00Z",
    },
    "WidgetConfiguration": {
        "public_id": PUBLIC_ID,
        "mode": "online",
        "title": "Ask about tea",
        "workspace": "Nilgiri Tea",
        "avatar": None,
        "placeholder": "Ask about tea",
        "greeting": "Hello! What would you like to know?",
        "away_message": "We are back at nine.",
        "position": "right",
        "appearance": "auto",
        "color": "#2563eb",
        "radius": 12,
        "languages": ["en", "hi"],
        "sources_shown": True,
        "form": PreChatForm().model_dump(mode="json"),
        "branded": False,
        "public_page": False,
        "kept_days": 30,
    },
}


def _event(name: str, data: dict[str, Any], id_: str | None = None) -> dict[str, Any]:
    return {"event": name, "data": json.dumps(data), **({"id": id_} if id_ else {})}


EVENTS: dict[str, Any] = {
    "start": _event(
        "start", {"conversation_id": CONVERSATION_ID, "user_message_id": QUESTION_ID, "message_id": ANSWER_ID}
    ),
    "delta": _event("delta", {"text": "Three minutes."}, "14"),
    "done": _event("done", {"message_id": ANSWER_ID, "state": "complete", "outcome": "answered", "notice": None}),
}
