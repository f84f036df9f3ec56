"""What OpenAI is asked with, and what its rarer events and refusals become."""

from typing import Any

import pytest

from oneai.clients.openai import chat_request, failures, responses_request
from oneai.errors import UpstreamError
from tests.clients.direct.stand_in_servers import TOOLS, running
from tests.world_cases.providers.sent import ask_once, event, sending, user

ASKED: dict[str, Any] = {"model": "gpt-5.6", "messages": [user("Hi")], "max_tokens": 3}


def image(detail: str | None) -> list[dict[str, Any]]:
    """A question with a picture."""
    part = {"url": "https://example.com/a.png", **({"detail": detail} if detail else {})}
    return [user([{"type": "image_url", "image_url": part}])]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        # Otherwise OpenAI keeps every conversation.
        (responses_request.body(ASKED)["store"], False),
        # Without it the thoughts of a turn cannot go back.
        (responses_request.body(ASKED)["include"], ["reasoning.encrypted_content"]),
        (responses_request.body(ASKED)["stream_options"], {"include_obfuscation": False}),
        (chat_request.body(ASKED)["stream_options"], {"include_usage": True, "include_obfuscation": False}),
        (chat_request.body(ASKED, is_compatible=True)["stream_options"], {"include_usage": True}),
        # Fewer are refused.
        (responses_request.body(ASKED)["max_output_tokens"], 16),
        (responses_request.body(ASKED | {"messages": image("low")})["input"][0]["content"][0]["detail"], "low"),
        (responses_request.body(ASKED | {"messages": image(None)})["input"][0]["content"][0]["detail"], "auto"),
    ],
)
def test_a_request_asks_for_what_openai_does_not_do_by_itself(sent: object, expected: object) -> None:
    assert sent == expected


async def test_a_request_names_no_organisation_and_no_project() -> None:
    async with running("openai") as provider:
        await provider.ask()
        headers = (await provider.requests())[-1]["headers"]

    assert not [name for name in headers if name.startswith("openai-")]


async def test_an_organisation_that_may_not_read_thoughts_is_answered_without_them() -> None:
    async with running("openai") as provider:
        answered = await provider.ask(model="gpt-5.6-unverified", reasoning={"effort": "low"})
        bodies = [each["body"]["reasoning"] for each in await provider.requests()]

    assert answered.error is None
    assert bodies == [{"effort": "low", "summary": "auto"}, {"effort": "low"}]


@pytest.mark.parametrize(
    ("model", "times"),
    [("gpt-4.1-plain", 4), ("gpt-5.6-plain", 4)],
)
async def test_a_model_without_top_p_and_logprobs_is_answered_without_them(model: str, times: int) -> None:
    async with running("openai") as provider:
        answered = await provider.ask(model=model, top_p=0.9, logprobs=True, top_logprobs=2)
        bodies = [each["body"] for each in await provider.requests()]

    assert answered.error is None
    assert len(bodies) == times
    assert "top_p" in bodies[0]
    assert "logprobs" not in str(bodies[-1])
    assert "top_p" not in bodies[-1]


def response(kind: str, **fields: Any) -> bytes:
    """The last event of a response."""
    return event({"type": kind, "response": {"model": "gpt-5.6", **fields}})


SAYS = event({"type": "response.output_text.delta", "delta": "Half"})
THINKS = event({"type": "response.reasoning_text.delta", "delta": "Hm."})
FILTERED = response("response.incomplete", incomplete_details={"reason": "content_filter"})
ENDED = response("response.completed")


@pytest.mark.parametrize(
    ("events", "text", "reasoning", "finish", "error"),
    [
        ((SAYS, FILTERED), "Half", "", "content_filter", None),
        ((SAYS, response("response.cancelled")), "Half", "", None, "UpstreamError"),
        ((THINKS, SAYS, ENDED), "Half", "Hm.", "stop", None),
        ((response("response.failed", error={"code": "bio_policy"}),), "", "", None, "QuestionDeclined"),
    ],
)
async def test_a_response_ends_as_its_last_event_says(
    *, events: tuple[bytes, ...], text: str, reasoning: str, finish: str | None, error: str | None
) -> None:
    async with sending("openai", *events) as server:
        answered = await ask_once(server, model="gpt-5.6")

    assert (answered.text, answered.reasoning) == (text, reasoning)
    assert (answered.error and type(answered.error).__name__) == error
    assert (None if answered.error else answered.said.finish_reason) == finish


async def test_a_call_of_a_response_is_answered_by_its_call_id() -> None:
    item = {"type": "function_call", "id": "fc_of_the_item", "call_id": "call_to_answer", "name": "find_train"}
    started = event({"type": "response.output_item.added", "output_index": 0, "item": item})
    ended = event({"type": "response.output_item.done", "output_index": 0, "item": {**item, "arguments": "{}"}})
    async with sending("openai", started, ended, ENDED) as server:
        answered = await ask_once(server, model="gpt-5.6", tools=TOOLS)

    assert [each["id"] for each in answered.calls] == ["call_to_answer"]
    assert answered.said.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("status", "error", "kind", "is_retried"),
    [
        (400, {"code": "invalid_prompt", "message": "Declined."}, "QuestionDeclined", False),
        (400, {"code": "decimal_below_min_value", "param": "temperature"}, "UpstreamError", False),
        (400, {"code": "integer_below_min_value", "param": "n"}, "UpstreamError", False),
        (500, {"code": None, "type": "server_error"}, "UpstreamError", True),
    ],
)
def test_a_refusal_of_a_request_has_its_kind(*, status: int, error: object, kind: str, is_retried: bool) -> None:
    found = failures.classify(status, failures.as_error(error), {})

    assert (type(found.error).__name__, found.retryable) == (kind, is_retried)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": "CUDA out of memory"}', "CUDA out of memory"),
        (b'{"detail": "Not Found"}', None),
        (b"[]", None),
        (b"<html>", None),
    ],
)
def test_an_error_that_is_a_text_or_none_is_read(body: bytes, message: str | None) -> None:
    found = failures.from_response(500, body, {})

    assert failures.error_in(body).get("message") == message
    assert type(found.error) is UpstreamError
