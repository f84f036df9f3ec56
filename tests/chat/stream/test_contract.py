"""What clients rely on, field by field: events, messages, lists, quotas, models, refusals."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.world import StreamResult, World

pytestmark = pytest.mark.sampled(0.4)

USAGE = {
    *("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "cost_micro_usd", "estimated"),
    *("web_search_requests", "charged_micro_usd", "paid_by"),
}
MESSAGE = {
    *("id", "role", "content", "state", "sequence_number", "revision_number", "revision_count", "revision_position"),
    *("revision_type", "original_message_id", "is_latest", "parent_message_id", "requested_model", "model"),
    *("finish_reason", "usage", "reasoning", "turn_id", "first_token_ms", "feedback", "metadata", "created_at"),
    "error_code",
}
CONVERSATION = {
    *("id", "title", "title_source", "model", "system_prompt", "tags", "folder", "pinned", "archived"),
    *(
        "web_search",
        "message_count",
        "total_cost_micro_usd",
        "created_at",
        "updated_at",
        "last_message_at",
        "answering",
    ),
    *("metadata", "workspace_id", "visibility", "author", "max_tokens", "temperature"),
}


def moment(text: str) -> datetime:
    """ISO 8601, in UTC."""
    at = datetime.fromisoformat(text)
    assert at.utcoffset() is not None
    assert at.utcoffset().total_seconds() == 0  # type: ignore[union-attr]
    return at


def offsets_are_code_points(result: StreamResult) -> None:
    """Every delta's `id:` is the number of code points of text so far; nothing else moves it."""
    said = 0
    for name, data, offset in result.events:
        if name == "delta":
            said += len(data["text"])
            assert offset == said
        else:
            assert offset is None


async def test_start_names_the_ids_of_the_answer(shared: World) -> None:
    result = await shared.ask("Hello", model="openai/gpt-4.1")

    start = result.start
    assert set(start) == {"conversation_id", "user_message_id", "message_id", "model"}
    assert start["model"] == "openai/gpt-4.1"
    assert len({UUID(start[name]) for name in ("conversation_id", "user_message_id", "message_id")}) == 3
    assert result.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert result.headers["cache-control"] == "no-store, no-transform"
    assert result.headers["x-content-type-options"] == "nosniff"
    assert result.headers["x-request-id"]


async def test_done_has_the_outcome_and_the_remaining_quota(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Hello", who, model="openai/gpt-4.1")

    done = result.last
    assert set(done) == {
        *("message_id", "state", "finish_reason", "requested_model", "model", "provider", "usage", "quota"),
        *("notice", "first_token_ms"),
    }
    assert done["message_id"] == result.start["message_id"]
    assert (done["state"], done["finish_reason"]) == ("complete", "stop")
    assert (done["model"], done["provider"]) == ("openai/gpt-4.1-2025-04-14", "OpenAI")
    assert set(done["usage"]) == USAGE
    assert all(type(done["usage"][name]) is int for name in USAGE - {"estimated", "paid_by"})
    assert done["usage"]["estimated"] is False
    assert done["usage"]["paid_by"] == {"source": "plan", "units": 1, "micro_usd": None}
    assert set(done["quota"]) == {"key", "used", "limit", "remaining", "resets_at"}
    assert {name: done["quota"][name] for name in ("key", "used", "limit", "remaining")} == {
        "key": "large_messages",
        "used": 1,
        "limit": 20,
        "remaining": 19,
    }
    moment(done["quota"]["resets_at"])
    assert done["notice"] is None


async def test_an_error_event_has_the_error_envelope_and_the_answers_state(shared: World) -> None:
    result = await shared.ask("Hello", model="local/error-midway")

    error = result.last
    assert result.names == ["start", "delta", "error"]
    assert set(error) == {"error", "request_id", "message_id", "state"}
    assert set(error["error"]) == {"code", "message"}
    assert error["request_id"] == result.headers["x-request-id"]
    assert (error["message_id"], error["state"]) == (result.start["message_id"], "truncated")


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(
    ("model", "end", "state", "finish"),
    [
        ("local/echo", "done", "complete", "stop"),
        ("local/served-by-other", "done", "complete", "stop"),
        ("local/no-done", "done", "complete", "stop"),
        ("local/no-usage", "done", "complete", "stop"),
        ("local/json-body", "done", "complete", "stop"),
        ("local/crlf-split", "done", "complete", "stop"),
        ("local/nul-and-surrogates", "done", "complete", "stop"),
        ("local/image", "done", "complete", None),
        ("local/big-line", "done", "complete", "stop"),
        ("local/eof-midway", "error", "truncated", "error"),
        ("local/error-midway", "error", "truncated", "error"),
        ("local/finish-error", "error", "truncated", "error"),
        ("local/empty", "error", "failed", "error"),
        ("local/reasoning-only", "error", "failed", "error"),
        ("local/thinks-to-the-limit", "error", "failed", "error"),
        ("local/tool-call", "done", "complete", "tool_calls"),
        ("local/error-401", "error", "failed", "error"),
        ("local/error-429-then-ok", "done", "complete", "stop"),
    ],
)
async def test_every_stream_has_one_end_that_agrees_with_the_stored_message(
    model: str, end: str, state: str, finish: str | None, shared: World
) -> None:
    result = await shared.ask("Hello", shared.newcomer(), model=model)

    assert result.names[0] == "start"
    assert [name for name, _, _ in result.events if name in ("done", "error")] == [end]
    assert result.names[-1] == end
    assert result.last["state"] == state
    stored = shared.database.one(
        "select state, finish_reason, content from oneai.chat_messages where id = %s", result.start["message_id"]
    )
    assert stored == (state, finish, result.text)
    offsets_are_code_points(result)


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, and nothing more of them than these.",
        "Smile 😀 and wave 👋🏽, family 👨‍👩‍👧‍👦, flag 🇮🇳.",
        "नमस्ते दुनिया: क्षत्रिय, ज्ञान, श्री.",
        'Line\nbreaks\r\nand\u2028odd\u2029ones\u0085and\ttabs "quotes" \\backslashes\\ </script> data: event: id: 7',
        "A" * 3 + " مرحبا بالعالم 你好世界 வணக்கம் e\u0301 \u0000 end",
    ],
    ids=["latin", "emoji", "devanagari", "control", "scripts"],
)
async def test_text_of_every_script_is_unchanged_and_counted_in_code_points(text: str, shared: World) -> None:
    result = await shared.ask(text, shared.newcomer(), model="local/echo")

    kept = text.replace("\0", "\ufffd")
    assert result.text == kept
    offsets_are_code_points(result)
    assert shared.database.one(
        "select content from oneai.chat_messages where id = %s", result.start["user_message_id"]
    ) == (kept)
    resumed = await shared.resume(result.start["message_id"], len(kept) // 2, next(reversed(shared.people)))
    assert resumed.text == kept[len(kept) // 2 :]


async def test_messages_have_the_documented_fields(shared: World) -> None:
    who = shared.newcomer()
    result = await shared.ask("First", who, model="local/served-by-other")
    start = result.start

    page = (await shared.get(f"/conversations/{start['conversation_id']}/messages", who)).json()

    assert set(page) == {"items", "compared", "next_cursor", "summarised_until"}
    assert page["next_cursor"] is None
    question, answer = page["items"]
    assert set(question) == set(answer) == MESSAGE
    moment(question["created_at"])
    same: dict[str, Any] = {"revision_number": 0, "revision_count": 1, "revision_position": 1, "revision_type": None}
    same |= {"original_message_id": None, "is_latest": True, "feedback": None, "metadata": {}, "reasoning": None}
    same |= {"error_code": None}
    assert {name: question[name] for name in same} == {name: answer[name] for name in same} == same
    assert {name: question[name] for name in MESSAGE - set(same) - {"created_at"}} == {
        "id": start["user_message_id"],
        "role": "user",
        "content": "First",
        "state": "complete",
        "sequence_number": 1,
        "parent_message_id": None,
        "requested_model": None,
        "model": None,
        "finish_reason": None,
        "usage": None,
        "turn_id": None,
        "first_token_ms": None,
    }
    assert {name: answer[name] for name in MESSAGE - set(same) - {"created_at"}} == {
        "id": start["message_id"],
        "role": "assistant",
        "content": result.text,
        "state": "complete",
        "sequence_number": 2,
        "parent_message_id": start["user_message_id"],
        "requested_model": "local/served-by-other",
        "model": "openai/gpt-4.1-2025-04-14",
        "finish_reason": "stop",
        "usage": result.last["usage"],
        "turn_id": start["message_id"],
        "first_token_ms": result.last["first_token_ms"],
    }


async def test_conversations_have_the_documented_fields(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Hello", who)).start

    page = (await shared.get("/conversations", who)).json()

    assert set(page) == {"items", "next_cursor"}
    (item,) = page["items"]
    assert set(item) == CONVERSATION
    assert item["id"] == start["conversation_id"]
    assert (item["message_count"], item["title_source"], item["model"]) == (2, "auto", None)
    assert moment(item["created_at"]) <= moment(item["last_message_at"])


async def test_the_quota_status_has_the_documented_fields(shared: World) -> None:
    who = shared.newcomer()
    await shared.ask("Hello", who)

    status = (await shared.get("/quota/status", who)).json()

    assert set(status) == {"subscription", "quotas", "storage", "daily_ceiling", "credits"}
    assert status["subscription"] == {"tier": "free", "status": "active"}
    assert set(status["quotas"]) == {"small_messages", "large_messages", "image_generation", "web_searches"}
    for quota in status["quotas"].values():
        assert set(quota) == {
            *("used", "reserved", "limit", "grace_units", "remaining", "percentage_used", "resets_at", "frequency"),
            *("override", "member"),
        }
        moment(quota["resets_at"])
    small = status["quotas"]["small_messages"]
    assert {**small, "resets_at": ""} == {
        "used": 1,
        "reserved": 0,
        "limit": 100,
        "remaining": 99,
        "percentage_used": 1.0,
        "resets_at": "",
        "frequency": "monthly",
        "grace_units": 0,
        "override": None,
        "member": None,
    }


async def test_models_have_the_documented_fields(shared: World) -> None:
    models = (await shared.get("/chat/models")).json()

    assert set(models) == {"items", "default_model", "sections"}
    for model in models["items"]:
        assert set(model) == {
            *("id", "name", "description", "created_at", "context_length", "max_output_tokens"),
            *("input_modalities", "output_modalities", "supported_parameters"),
            *("prompt_micro_usd_per_million", "completion_micro_usd_per_million", "quota_key", "plans", "in_plan"),
            *("web_search_micro_usd", "first_token_ms", "tokens_per_second", "routes"),
        }
    (large,) = [model for model in models["items"] if model["id"] == "openai/gpt-4.1"]
    # The figures follow the answers of other tests.
    changing = dict.fromkeys(("first_token_ms", "tokens_per_second", "routes"))
    assert {**large, **changing} == {
        **changing,
        "id": "openai/gpt-4.1",
        "name": "OpenAI: GPT-4.1",
        "description": "OpenAI: GPT-4.1, as the local stand-in plays it.",
        "created_at": "2026-09-21T14:13:20Z",
        "context_length": 1_047_576,
        "max_output_tokens": 32_768,
        "input_modalities": ["text", "image", "file"],
        "output_modalities": ["text"],
        "supported_parameters": [
            *("frequency_penalty", "max_tokens", "presence_penalty", "response_format", "seed", "stop"),
            *("structured_outputs", "temperature", "tool_choice", "tools", "top_p"),
        ],
        "prompt_micro_usd_per_million": 2_000_000,
        "completion_micro_usd_per_million": 8_000_000,
        "web_search_micro_usd": 7_000,
        "quota_key": "large_messages",
        "plans": ["free", "pro", "enterprise"],
        "in_plan": True,
    }


async def test_a_refused_field_is_named_with_its_problem(shared: World) -> None:
    answer = await shared.post("/chat/stream", {"message": "Hello", "temperature": 3})

    body: dict[str, Any] = answer.json()
    assert set(body) == {"error", "request_id"}
    assert set(body["error"]) == {"code", "message", "details"}
    (detail,) = body["error"]["details"]
    assert set(detail) == {"field", "code", "message"}
    assert detail["field"] == "temperature"
    assert body["request_id"] == answer.headers["x-request-id"]


async def test_health_returns_the_version_without_a_database(shared: World) -> None:
    answer = await shared.get("/health", None)

    assert answer.json() == {"status": "ok", "version": answer.json()["version"], "checks": None}
    assert answer.json()["version"].count(".") == 2
