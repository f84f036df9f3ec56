"""Servers that are compatible with OpenAI's chat completions: see README.md."""

import json

import pytest

from oneai.errors import UpstreamError
from tests.clients.direct.stand_in_servers import TOOLS, result_of, running
from tests.world_cases.providers.sent import ask_once, event, sending, user


async def test_the_thoughts_before_a_call_come_back_with_it() -> None:
    async with running("custom") as provider:
        first = await provider.ask("Find it.", tools=TOOLS, model="deepseek")
        results = [result_of(each, "done") for each in first.calls]
        second = await provider.ask(messages=[user("Find it."), first.message, *results], tools=TOOLS, model="deepseek")

    assert first.reasoning == "A thought."
    assert second.error is None


async def test_lines_without_a_space_and_with_unusual_separators_are_read() -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "one\u2028two\u0085three"}}]}
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    async with sending("custom", event(chunk, space=""), event(end, space="")) as server:
        answered = await ask_once(server)

    assert (answered.text, answered.error) == ("one\u2028two\u0085three", None)


async def test_whole_calls_without_index_and_id_are_distinguished() -> None:
    async with running("custom") as provider:
        answered = await provider.ask("Both.", tools=TOOLS, model="whole-calls")

    assert [json.loads(each["function"]["arguments"]) for each in answered.calls] == [
        {"train": "Pune"},
        {"hotel": "Pune"},
    ]
    assert len({each["id"] for each in answered.calls}) == 2


async def test_an_error_as_the_only_event_is_an_error() -> None:
    async with running("custom") as provider:
        answered = await provider.ask(model="error-in-200")

    assert isinstance(answered.error, UpstreamError)


async def test_thoughts_in_a_field_of_another_name_are_thoughts() -> None:
    thought = {"choices": [{"index": 0, "delta": {"reasoning": "Hm."}}]}
    end = {"choices": [{"index": 0, "delta": {"content": "Yes."}, "finish_reason": "stop"}]}
    async with sending("custom", event(thought), event(end)) as server:
        answered = await ask_once(server)

    assert (answered.reasoning, answered.text, answered.error) == ("Hm.", "Yes.", None)


async def test_a_text_with_neither_a_finish_nor_an_end_is_an_error() -> None:
    """It looks exactly like an answer that a crash has cut off."""
    async with sending("custom", event({"choices": [{"index": 0, "delta": {"content": "Half"}}]})) as server:
        answered = await ask_once(server)

    assert (answered.text, type(answered.error)) == ("Half", UpstreamError)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("200 OK", b'{"error": "the model crashed"}', "UpstreamError"),
        ("500 Server Error", b'{"error": "CUDA out of memory"}', "UpstreamError"),
        ("401 Unauthorized", b'{"detail": "Unauthorized"}', "ProviderKeyRefused"),
        ("413 Too Large", b"<html>", "ContextTooLong"),
    ],
)
async def test_a_plain_body_of_an_error_is_an_error(status: str, body: bytes, kind: str) -> None:
    async with sending("custom", body, status=status) as server:
        answered = await ask_once(server)

    assert (answered.text, type(answered.error).__name__) == ("", kind)


@pytest.mark.parametrize(
    "model", ["no-stream", "no-usage", "no-done", "null-finish", "no-finish", "old", "max-completion", "llama"]
)
async def test_a_server_that_differs_is_understood(model: str) -> None:
    async with running("custom") as provider:
        answered = await provider.ask(model=model, max_tokens=500)

    assert answered.error is None
    assert answered.text.startswith("You asked")
