"""A request of `useChat`, and the chunks of an answer."""

import json
from typing import Any

from openapi.examples.chat import ANSWER_ID, CONVERSATION_ID, QUESTION_ID, USAGE

MODEL = "openai/gpt-4.1-mini"
EXAMPLES: dict[str, Any] = {
    "UIStreamRequest": {
        "id": CONVERSATION_ID,
        "messages": [{"id": QUESTION_ID, "role": "user", "parts": [{"type": "text", "text": "What is a monsoon?"}]}],
        "trigger": "submit-message",
    }
}
_END: dict[str, Any] = {
    "state": "complete",
    "finish_reason": "stop",
    "requested_model": MODEL,
    "model": "openai/gpt-4.1-mini-2025-04-14",
    "provider": "OpenAI",
    "usage": USAGE,
    "quota": None,
    "notice": None,
}
_START = {"conversation_id": CONVERSATION_ID, "user_message_id": QUESTION_ID, "requested_model": MODEL}

CHUNKS: dict[str, dict[str, Any]] = {
    "start": {"type": "start", "messageId": ANSWER_ID, "messageMetadata": _START},
    "text-delta": {"type": "text-delta", "id": "text-0", "delta": "Hello!"},
    "finish": {"type": "finish", "finishReason": "stop", "messageMetadata": _END},
    "error": {"type": "error", "errorText": "The model failed to answer. Please try again."},
}
EVENTS = {name: {"data": json.dumps(chunk)} for name, chunk in CHUNKS.items()}
