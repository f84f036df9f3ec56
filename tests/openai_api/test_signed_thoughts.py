"""A loop of tools with models that sign their thoughts, by OpenAI's own clients: such a model refuses the results of a
call where what it signed does not come back whole."""

import asyncio
import json
import os
from typing import Any

import pytest
from openai import AsyncOpenAI, InternalServerError

from local.data_folder import REPOSITORY
from tests.openai_api.clients import openai_client
from tests.openai_api.test_chat_completions import WEATHER, asking
from tests.openai_api.test_clients_for_node import NODE
from tests.openai_api.test_responses import WEATHER as WEATHER_FUNCTION
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)

MODEL = "local/signs-its-thoughts"
THOUGHTS = "The user wants a fact, so I call a tool."
ANSWER = "The tools say rain."


async def whole_message(client: AsyncOpenAI, messages: list[Any]) -> dict[str, Any]:
    """The message of a completion in one piece."""
    answer = await client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    return answer.choices[0].message.model_dump(exclude_none=True)


async def message_of_the_helper(client: AsyncOpenAI, messages: list[Any]) -> dict[str, Any]:
    """The message that the library's own helper puts together from a stream."""
    async with client.chat.completions.stream(model=MODEL, messages=messages, tools=[WEATHER]) as stream:
        completion = await stream.get_final_completion()
    message = completion.choices[0].message.model_dump(exclude_none=True)
    # The helper's own field with the parsed result.
    for call in message.get("tool_calls", ()):
        call["function"].pop("parsed_arguments", None)
    return message


async def message_by_hand(client: AsyncOpenAI, messages: list[Any]) -> dict[str, Any]:
    """The message that a client puts together itself, which lists all details in the order in which they came."""
    stream = await client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER], stream=True)
    message: dict[str, Any] = {"role": "assistant", "content": "", "reasoning_details": [], "tool_calls": []}
    async for chunk in stream:
        delta = chunk.choices[0].delta
        message["content"] += delta.content or ""
        message["reasoning_details"] += (delta.model_extra or {}).get("reasoning_details", [])
        for call in delta.tool_calls or ():
            assert call.function is not None
            if call.index == len(message["tool_calls"]):
                function = {"name": call.function.name, "arguments": ""}
                message["tool_calls"].append({"id": call.id, "type": "function", "function": function})
            message["tool_calls"][call.index]["function"]["arguments"] += call.function.arguments or ""
    return message


@pytest.mark.parametrize("ask", [whole_message, message_of_the_helper, message_by_hand])
async def test_chat_completions_return_signed_reasoning(shared: World, ask: Any) -> None:
    messages: list[Any] = asking("Weather?")
    async with openai_client(shared, shared.newcomer()) as client:
        first = await ask(client, messages)
        (call,) = first["tool_calls"]
        result: Any = {"role": "tool", "tool_call_id": call["id"], "content": "rain"}
        second = await client.chat.completions.create(model=MODEL, messages=[*messages, first, result], tools=[WEATHER])

    assert second.choices[0].message.content == ANSWER
    text, encrypted = first["reasoning_details"]
    assert (text["text"], bool(text["signature"]), encrypted["type"]) == (THOUGHTS, True, "reasoning.encrypted")
    sent = (await shared.sent_upstream())[-1]["messages"][1]
    assert sent["reasoning_details"] == first["reasoning_details"]


async def test_fragmented_details_are_sent_upstream_as_whole_entries(shared: World) -> None:
    # A client that was given fragments by another service sends them as they are.
    fragments = [
        {"type": "reasoning.text", "text": "Two ", "format": "f", "index": 0},
        {"type": "reasoning.text", "text": "words.", "format": "f", "index": 0},
        {"type": "reasoning.text", "signature": "s", "index": 0},
        {"type": "reasoning.encrypted", "data": "d", "index": 1},
    ]
    history = [*asking(), {"role": "assistant", "content": "Hi.", "reasoning_details": fragments}, *asking("And?")]
    await shared.post("/v1/chat/completions", {"model": "local/echo", "messages": history}, shared.newcomer())

    sent = (await shared.sent_upstream())[-1]["messages"][1]["reasoning_details"]
    assert sent == [
        {"type": "reasoning.text", "text": "Two words.", "format": "f", "index": 0, "signature": "s"},
        {"type": "reasoning.encrypted", "data": "d", "index": 1},
    ]


async def test_a_signing_model_refuses_omitted_or_changed_reasoning(shared: World) -> None:
    messages: list[Any] = asking("Weather?")
    async with openai_client(shared, shared.newcomer()) as client:
        first = await whole_message(client, messages)
        result: Any = {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": "rain"}
        text, encrypted = first["reasoning_details"]
        for details in (None, [encrypted], [{**text, "text": "Other thoughts."}, encrypted], [text]):
            spoilt: Any = {**first, "reasoning_details": details}
            with pytest.raises(InternalServerError):
                await client.chat.completions.create(model=MODEL, messages=[*messages, spoilt, result], tools=[WEATHER])


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_responses_return_signed_reasoning(shared: World, *, streamed: bool) -> None:
    items: list[Any] = [{"role": "user", "content": "Weather?"}]
    first: Any
    async with openai_client(shared, shared.newcomer()) as client:
        if streamed:
            async with client.responses.stream(model=MODEL, input=items, tools=[WEATHER_FUNCTION]) as stream:
                first = await stream.get_final_response()
        else:
            first = await client.responses.create(model=MODEL, input=items, tools=[WEATHER_FUNCTION])
        reasoning, call = first.output
        assert (reasoning.type, call.type) == ("reasoning", "function_call")
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
        history = [*items, *(item.model_dump(exclude_none=True) for item in first.output), output]
        for item in history:
            item.pop("parsed_arguments", None)
        second = await client.responses.create(model=MODEL, input=history, tools=[WEATHER_FUNCTION])

    assert second.output_text == ANSWER
    assert reasoning.encrypted_content


async def test_reasoning_of_another_service_is_dropped_and_not_refused(shared: World) -> None:
    items = [
        {"role": "user", "content": "Hello"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAABnot-ours"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi.", "annotations": []}],
        },
        {"role": "user", "content": "And?"},
    ]
    answer = await shared.post("/v1/responses", {"model": "local/echo", "input": items}, shared.newcomer())

    assert answer.status_code == 200
    assert (await shared.sent_upstream())[-1]["messages"][1] == {"role": "assistant", "content": "Hi."}


async def test_node_clients_return_signed_reasoning(shared: World) -> None:
    token = shared.headers("asha")["authorization"].removeprefix("Bearer ")
    script = REPOSITORY / "tests" / "openai_api" / "signed_thoughts.cjs"
    node = await asyncio.create_subprocess_exec(
        *(str(NODE), str(script), f"{shared.address}/v1", token),
        env=os.environ | {"NODE_PATH": str(REPOSITORY / "web" / "node_modules")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await node.communicate()

    assert node.returncode == 0, errors.decode()
    assert json.loads(output) == dict.fromkeys(
        ("completion", "stream", "response", "response stream", "createOpenAI"), ANSWER
    )
