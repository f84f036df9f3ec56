"""Responses, stateless, as OpenAI's own client reads them."""

import json
from typing import Any

import pytest
from openai import BadRequestError
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.openai_api.clients import openai_client
from tests.world import World

MODEL = "openai/gpt-4.1-mini"
EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": False,
}


async def events_of(world: World, who: str, **body: Any) -> list[Any]:
    """All events of a stream, each read by the client's own model from what was sent."""
    events = []
    async with world.http.stream(
        "POST", "/v1/responses", json={"model": MODEL, "stream": True, **body}, headers=world.headers(who)
    ) as response:
        assert response.status_code == 200, await response.aread()
        name = ""
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                event = EVENT.validate_json(line.removeprefix("data: "))
                assert event.type == name
                events.append(event)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    return events


async def test_a_response_is_returned_whole(shared: World) -> None:
    who = shared.newcomer()
    async with openai_client(shared, who) as client:
        answer = await client.responses.with_raw_response.create(
            model=MODEL, input="How are you?", instructions="Be kind.", metadata={"order": "7"}
        )

    response = Response.model_validate_json(answer.content)
    assert response.status == "completed"
    assert "How are you?" in response.output_text
    assert response.usage is not None
    assert response.usage.output_tokens > 10
    assert (response.instructions, response.metadata) == ("Be kind.", {"order": "7"})
    assert (await shared.sent_upstream())[-1]["messages"][0] == {"role": "system", "content": "Be kind."}
    assert shared.quota(who) == (1, 0)


async def test_a_stream_opens_and_closes_every_item_and_ends_with_the_response(shared: World) -> None:
    events = await events_of(shared, shared.newcomer(), model="local/reasoning", input="Think")

    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_item.added") == kinds.count("response.output_item.done") == 2
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    response = events[-1].response
    assert [item.type for item in response.output] == ["reasoning", "message"]
    assert response.output_text == text != ""


async def test_a_function_is_called_and_its_output_accepted(shared: World) -> None:
    who = shared.newcomer()
    events = await events_of(shared, who, input="Weather?", tools=[WEATHER])
    (call,) = events[-1].response.output
    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "weather", {"city": "Pune"})
    pieces = "".join(event.delta for event in events if event.type == "response.function_call_arguments.delta")
    assert pieces == call.arguments

    async with openai_client(shared, who) as client:
        items: Any = [
            {"role": "user", "content": "Weather?"},
            call.model_dump(),
            {"type": "function_call_output", "call_id": call.call_id, "output": "rain"},
        ]
        response = await client.responses.create(model=MODEL, input=items, tools=[WEATHER])
    assert response.output_text == "The tools say rain."


async def test_a_response_cut_off_by_its_limit_is_incomplete(shared: World) -> None:
    async with openai_client(shared, shared.newcomer()) as client:
        response = await client.responses.create(model=MODEL, input="Go on", max_output_tokens=5)

    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"


async def test_a_truncated_stream_ends_as_failed(shared: World) -> None:
    events = await events_of(shared, shared.newcomer(), model="local/error-midway", input="Break")

    assert events[-1].type == "response.failed"
    assert events[-1].response.error.code == "server_error"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"background": True}, "background"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "messages[0].content[0].type"),
    ],
)
async def test_stored_responses_and_paid_tools_are_refused(shared: World, body: dict[str, Any], param: str) -> None:
    async with openai_client(shared, "asha") as client:
        with pytest.raises(BadRequestError) as refused:
            await client.responses.create(**{"model": MODEL, "input": "Hello", **body})

    assert (refused.value.param, refused.value.code) == (param, "unsupported_value")
