"""Anthropic: see README.md."""

from typing import Any

from oneai.clients.anthropic import request
from oneai.errors import UpstreamError
from tests.clients.direct.stand_in_servers import TOOLS, running
from tests.world_cases.providers.sent import ask_once, assistant, call, event, result, sending, user


def body(messages: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """What is sent for a conversation."""
    return request.body({"model": "claude-sonnet-5-5", "messages": messages, "max_tokens": 4000, **fields})


async def test_an_error_after_text_is_an_error_and_keeps_the_text() -> None:
    delta = {"type": "text_delta", "text": "with a character"}
    text = event({"type": "content_block_delta", "index": 0, "delta": delta}, "content_block_delta", padding="    ")
    error = {"details": None, "type": "api_error", "message": "Internal server error"}
    failed = event({"type": "error", "error": error}, "error", padding="      ")

    async with sending("anthropic", text, failed) as server:
        answered = await ask_once(server)

    assert answered.text == "with a character"
    assert type(answered.error) is UpstreamError


async def test_citations_of_documents_are_ignored() -> None:
    def block(delta: dict[str, Any]) -> bytes:
        return event({"type": "content_block_delta", "index": 0, "delta": delta}, "content_block_delta")

    cited = {"type": "char_location", "cited_text": "A lease.", "document_index": 0, "document_title": "lease.pdf"}
    events = [
        block({"type": "text_delta", "text": "It is "}),
        block({"type": "citations_delta", "citation": cited}),
        block({"type": "text_delta", "text": "a lease."}),
        event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, "message_delta"),
        event({"type": "message_stop"}, "message_stop"),
    ]
    async with sending("anthropic", *events) as server:
        answered = await ask_once(server)

    assert (answered.text, answered.error) == ("It is a lease.", None)


async def test_a_loop_without_signed_thoughts_goes_on_without_thinking() -> None:
    messages = [user("Find it."), assistant(None, call("toolu_1")), result("toolu_1")]

    assert "thinking" not in body(messages, tools=TOOLS, reasoning={"effort": "low"})
    async with running("anthropic") as provider:
        answered = await provider.ask(messages=messages, tools=TOOLS, max_tokens=4000, reasoning={"effort": "low"})
    assert answered.error is None


async def test_blank_texts_are_left_out() -> None:
    blank = {"type": "text", "text": " \n"}
    messages = [
        user("Hi"),
        assistant(""),
        user([blank, {"type": "text", "text": "Go on."}]),
        assistant("  "),
        user("?"),
    ]

    assert "cache_control" not in str(body(messages))
    async with running("anthropic") as provider:
        answered = await provider.ask(messages=messages)
    assert answered.error is None


async def test_no_more_than_four_cache_marks_are_sent() -> None:
    marked = {"type": "text", "text": "A page.", "cache_control": {"type": "ephemeral"}}
    messages = [{"role": "system", "content": [marked, marked]}, user([marked, marked, marked])]

    sent = body(messages)
    marks = [block for block in [*sent["system"], *sent["messages"][0]["content"]] if "cache_control" in block]
    assert len(marks) == 4
    # The last ones reach furthest.
    assert "cache_control" in sent["messages"][0]["content"][-1]


async def test_a_forced_call_is_asked_for_without_thinking() -> None:
    async with running("anthropic") as provider:
        answered = await provider.ask(
            tools=TOOLS, tool_choice="required", max_tokens=4000, reasoning={"effort": "high"}
        )

    assert answered.error is None
    assert answered.calls


async def test_calls_without_results_and_results_without_calls_are_repaired() -> None:
    messages = [
        user("Find both."),
        result("toolu_of_nowhere", "Lost."),
        assistant("I look.", call("toolu_1"), call("toolu_2", "find_hotel")),
        result("toolu_2", "Meera"),
        user("And?"),
    ]

    sent = body(messages)["messages"]
    async with running("anthropic") as provider:
        answered = await provider.ask(messages=messages)

    assert answered.error is None
    assert [block.get("content") for block in sent[-1]["content"][:2]] == ["There is no result.", "Meera"]
    assert sent[-1]["content"][2]["text"] == "And?"
