"""What members do in a visitor's conversation."""

from typing import Any

from openapi.examples.chat import ANSWER_ID, CONVERSATION_ID

_MEERA = {"user_id": "7b5fa1a6-4e27-4d10-9d55-9d3a2b1c0f44", "name": "Meera"}

EXAMPLES: dict[str, Any] = {
    "Handoff": {
        "id": CONVERSATION_ID,
        "status": "open",
        "assignee": _MEERA,
    },
    "InboxChanges": {
        "items": [{"n": 42, "kind": "message", "conversation_id": CONVERSATION_ID}],
        "next": 42,
        "present": [{"conversation_id": CONVERSATION_ID, "member": _MEERA, "typing": True}],
    },
    "Presence": {"typing": True},
    "MailAddress": {"email": "meera@example.com"},
    "MailStatus": {"mail": "unconfirmed"},
    "MemberMessage": {"content": "Hello, I am Meera. How can I help?"},
    "SentMessage": {"id": ANSWER_ID, "number": 5, "created_at": "2026-11-21T07:30:00Z"},
}
