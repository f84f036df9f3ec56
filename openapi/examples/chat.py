"""A question, the stream of its answer, and quotes."""

import json
from typing import Any

CONVERSATION_ID = "6a1f7b0e-3f0c-4c57-9d0e-52f1d7a3c001"
QUESTION_ID = "7d1c0f52-2a68-4c1e-8a55-90e1b5f7c002"
ANSWER_ID = "0b5201c8-7a4f-4f0e-9d53-0e6a3c1f2b77"

USAGE: dict[str, Any] = {
    "prompt_tokens": 12,
    "completion_tokens": 3,
    "reasoning_tokens": 0,
    "cached_tokens": 0,
    "cost_micro_usd": 10,
    "estimated": False,
    "web_search_requests": 0,
    "charged_micro_usd": 10,
    "paid_by": {"source": "plan", "units": 1, "micro_usd": None},
}

EXAMPLES: dict[str, Any] = {
    "Question": {"message": "What is a monsoon?"},
    "StopRequest": {"message_id": ANSWER_ID},
    "StopAnswer": {"message_id": ANSWER_ID, "state": "streaming"},
    "Quote": {
        "allowed": True,
        "of": None,
        "lines": [{"quota_key": "small_messages", "units": 1}],
        "credits_micro_usd": 0,
        "max_cost_micro_usd": 52_440,
        "basis": [
            {
                "model": "openai/gpt-4.1-mini",
                "price_version": "9f1c2e7ab034",
                "prompt_tokens": 25,
                "answer_tokens": 32_768,
                "max_cost_micro_usd": 52_440,
                "web_searches": 0,
                "web_search_micro_usd": 0,
                "paid_by": "plan",
                "credits_micro_usd": 0,
            }
        ],
    },
    "ModelList": {
        "items": [
            {
                "id": "openai/gpt-4.1-mini",
                "name": "OpenAI: GPT-4.1 Mini",
                "description": "GPT-4.1 Mini is a mid-sized model with the context window of GPT-4.1.",
                "created_at": "2025-04-14T17:23:01Z",
                "context_length": 1_047_576,
                "max_output_tokens": 32_768,
                "input_modalities": ["text", "image", "file"],
                "output_modalities": ["text"],
                "supported_parameters": ["max_tokens", "seed", "stop", "temperature", "tools"],
                "prompt_micro_usd_per_million": 400_000,
                "completion_micro_usd_per_million": 1_600_000,
                "web_search_micro_usd": 7_000,
                "quota_key": "small_messages",
                "plans": ["free", "pro", "enterprise"],
                "in_plan": True,
                "first_token_ms": 420,
                "tokens_per_second": 95,
                "routes": [{"provider": "openrouter", "source": "plan", "available": True, "reason": None}],
            }
        ],
        "default_model": "openai/gpt-4.1-mini",
        "sections": [{"key": "recommended", "models": ["openai/gpt-4.1-mini"]}],
    },
}


def _event(name: str, data: dict[str, Any], id: str | None = None) -> dict[str, str]:
    event = {"event": name, "data": json.dumps(data)}
    return event if id is None else {**event, "id": id}


EVENTS = {
    "start": _event(
        "start",
        {
            "conversation_id": CONVERSATION_ID,
            "user_message_id": QUESTION_ID,
            "message_id": ANSWER_ID,
            "model": "openai/gpt-4.1-mini",
        },
    ),
    "sources": _event(
        "sources",
        {
            "sources": [
                {
                    "n": 1,
                    "document_id": "3f0c2c5e-6d0b-4f1e-9a53-1c2d3e4f5a6b",
                    "name": "contract.pdf",
                    "page": 3,
                    "heading": "Termination",
                    "snippet": "Either side may end the contract with three months' notice.",
                }
            ]
        },
    ),
    "delta": _event("delta", {"text": "Hello!"}, id="6"),
    "reasoning": _event("reasoning", {"text": "They want to be greeted."}),
    "done": _event(
        "done",
        {
            "message_id": ANSWER_ID,
            "state": "complete",
            "finish_reason": "stop",
            "requested_model": "openai/gpt-4.1-mini",
            "model": "openai/gpt-4.1-mini-2025-04-14",
            "provider": "OpenAI",
            "usage": USAGE,
            "quota": {
                "key": "small_messages",
                "used": 1,
                "limit": 100,
                "remaining": 99,
                "resets_at": "2026-12-01T00:00:00Z",
            },
            "first_token_ms": 420,
            "notice": None,
        },
    ),
    "error": _event(
        "error",
        {
            "error": {"code": "upstream_error", "message": "The model failed to answer. Please try again."},
            "request_id": "5f2b1c7e-9a53-4d3b-8f58-2f6c0a1e7d44",
            "message_id": ANSWER_ID,
            "state": "truncated",
        },
    ),
}
