"""Loops of tools as clients and gateways write them, through `/v1/responses` and `/v1/chat/completions`."""

import json
from typing import Any

import pytest

from tests.world import World
from tests.world_cases.streams.sending import VERBATIM, call, chunks, events_of

ECHO = "local/echo"
USER = {"role": "user", "content": "Which train?"}
FUNCTION_CALL = {"type": "function_call", "call_id": "c1", "name": "find", "arguments": '{"a": 1}'}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "12951"}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "One moment."}]}


async def sent_for_chat(world: World, message: dict[str, Any]) -> dict[str, Any]:
    """What the upstream is sent for this message of the assistant."""
    messages = [USER, {"role": "assistant", **message}, {"role": "user", "content": "And?"}]
    answer = await world.post("/v1/chat/completions", {"model": ECHO, "messages": messages}, world.newcomer())
    assert answer.status_code == 200, answer.text
    return dict((await world.sent_upstream())[-1]["messages"][1])


async def sent_for_responses(world: World, items: list[Any]) -> list[dict[str, Any]]:
    """The messages that the upstream is sent for these items."""
    answer = await world.post("/v1/responses", {"model": ECHO, "input": items}, world.newcomer())
    assert answer.status_code == 200, answer.text
    return list((await world.sent_upstream())[-1]["messages"])


@pytest.mark.parametrize("order", [[0, 1, 0, 1], [0, 1, 1, 0], [0, 1, 2, 0, 1, 2], [0, 1, 0]])
async def test_calls_with_alternating_fragments_are_completed_once(shared: World, order: list[int]) -> None:
    halves = ['{"x": ', "1}"]
    seen: dict[int, int] = {}
    deltas = []
    for index in order:
        n = seen[index] = seen.get(index, -1) + 1
        last = halves[n] if order.count(index) > 1 else "".join(halves)
        deltas.append({"tool_calls": [call(index, f"c{index}" if not n else None, "find" if not n else None, last)]})
    events = await events_of(shared, chunks([*deltas[:3], {"content": "Text."}, *deltas[3:]], "tool_calls"))

    items = [item for item in events[-1]["response"]["output"] if item["type"] == "function_call"]
    assert [json.loads(item["arguments"]) for item in items] == [{"x": 1}] * len(seen)
    for item in items:
        of_item = [event for event in events if event.get("item_id", event.get("item", {}).get("id")) == item["id"]]
        assert [event["type"].removeprefix("response.") for event in of_item[-2:]] == [
            "function_call_arguments.done",
            "output_item.done",
        ]
        deltas_of_item = [event["delta"] for event in of_item if event["type"].endswith("arguments.delta")]
        assert "".join(deltas_of_item) == of_item[-2]["arguments"] == item["arguments"]
        assert of_item[-1]["item"] == item


@pytest.mark.parametrize(
    "items",
    [
        [FUNCTION_CALL, SAID, OUTPUT],
        [SAID, FUNCTION_CALL, OUTPUT],
        [FUNCTION_CALL, {"type": "reasoning", "summary": [], "content": []}, SAID, OUTPUT],
        [FUNCTION_CALL, {**SAID, "content": "One moment."}, OUTPUT],
        [{**FUNCTION_CALL}, {"type": None, **{name: SAID[name] for name in ("role", "content")}}, OUTPUT],
    ],
)
async def test_outputs_follow_the_message_with_their_calls(shared: World, items: list[Any]) -> None:
    _, calling, output = await sent_for_responses(shared, [USER, *items])

    assert (calling["role"], calling["content"], len(calling["tool_calls"])) == ("assistant", "One moment.", 1)
    assert (output["role"], output["tool_call_id"]) == ("tool", "c1")


async def test_text_before_and_after_a_call_is_one_message(shared: World) -> None:
    _, calling, output = await sent_for_responses(shared, [USER, SAID, FUNCTION_CALL, SAID, OUTPUT])

    assert [part["text"] for part in calling["content"]] == ["One moment.", "One moment."]
    assert output["role"] == "tool"


async def test_a_summary_of_reasoning_is_sent_back_as_reasoning(shared: World) -> None:
    summary = [{"type": "summary_text", "text": "Two trains."}]
    _, said = await sent_for_responses(shared, [USER, {"type": "reasoning", "summary": summary}, SAID])

    assert (said["reasoning"], said["content"]) == ("Two trains.", "One moment.")


@pytest.mark.parametrize(("given", "expected"), [(None, "{}"), ({"a": 1}, '{"a": 1}'), ("", ""), ("{}", "{}")])
async def test_arguments_that_are_not_a_string_are_accepted(shared: World, given: Any, expected: str) -> None:
    called = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": given}}
    message = await sent_for_chat(shared, {"tool_calls": [called]})
    _, calling, _ = await sent_for_responses(shared, [USER, {**FUNCTION_CALL, "arguments": given}, OUTPUT])

    assert message["tool_calls"][0]["function"]["arguments"] == expected
    assert calling["tool_calls"][0]["function"]["arguments"] == expected


@pytest.mark.parametrize(
    "signed",
    [
        {"extra_content": {"google": {"thought_signature": "R0VN"}}},
        {"provider_specific_fields": {"thought_signature": "R0VN"}},
        {"function": {"name": "find", "arguments": "{}", "thought_signature": "R0VN"}},
    ],
)
async def test_the_signature_of_a_call_passes_in_both_directions(shared: World, signed: dict[str, Any]) -> None:
    called = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}, **signed}
    body = chunks([{"tool_calls": [{"index": 0, **called}]}], "tool_calls")
    request = {"model": VERBATIM, "messages": [{"role": "user", "content": body}]}
    answer = await shared.post("/v1/chat/completions", request, shared.newcomer())

    expected = {
        "id": "c1",
        "type": "function",
        "function": {"name": "find", "arguments": "{}"},
        "extra_content": {"google": {"thought_signature": "R0VN"}},
    }
    assert answer.json()["choices"][0]["message"]["tool_calls"] == [expected]
    assert (await sent_for_chat(shared, {"tool_calls": [called]}))["tool_calls"] == [expected]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": "Hi.", "reasoning": "Hm."}, {"content": "Hi.", "reasoning": "Hm."}),
        ({"content": "Hi.", "reasoning_content": "Hm.", "reasoning": {}}, {"content": "Hi.", "reasoning": "Hm."}),
        (
            {"content": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "text", "text": "Hi."}]},
            {
                "content": "Hi.",
                "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": "s"}],
            },
        ),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
                    {"type": "text", "text": "Hi."},
                ]
            },
            {"content": "Hi.", "reasoning": "Hm."},
        ),
        (
            {"content": [{"type": "redacted_thinking", "data": "d"}]},
            {"content": None, "reasoning_details": [{"type": "reasoning.encrypted", "data": "d"}]},
        ),
        (
            {"content": "Hi.", "reasoning_details": [{"type": "reasoning.summary", "summary": each} for each in "ab"]},
            {
                "content": "Hi.",
                "reasoning_details": [{"type": "reasoning.summary", "summary": each} for each in "ab"],
            },
        ),
    ],
)
async def test_reasoning_is_sent_back_in_every_form(
    shared: World, message: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert await sent_for_chat(shared, message) == {"role": "assistant", **expected}


async def test_reasoning_from_a_user_message_is_refused(shared: World) -> None:
    content = [{"type": "thinking", "thinking": "Hm."}]
    body = {"model": ECHO, "messages": [{"role": "user", "content": content}]}
    answer = await shared.post("/v1/chat/completions", body, shared.newcomer())

    assert answer.status_code == 400, answer.text
