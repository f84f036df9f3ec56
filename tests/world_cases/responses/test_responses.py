"""Every response and each of its events has the fields and types that Open Responses requires."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.openai_api.test_responses import WEATHER
from tests.world import World

SCHEMA = json.loads((Path(__file__).parents[2] / "samples" / "open_responses" / "response.schema.json").read_text())
PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
PLACE = {"name": "place", "schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
REQUESTS: dict[str, dict[str, Any]] = {
    "text": {},
    "instructions": {"instructions": "Be kind.", "metadata": {"order": "7"}, "user": "u-1"},
    "conversation": {
        "input": [
            {"type": "message", "role": "user", "content": "My name is Asha."},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello Asha."}]},
            {"type": "message", "role": "user", "content": "What is it?"},
        ]
    },
    "picture": {"input": [{"role": "user", "content": [{"type": "input_text", "text": "What is it?"}, PICTURE]}]},
    "function": {"tools": [WEATHER], "tool_choice": "required"},
    "chosen function": {"tools": [WEATHER], "tool_choice": {"type": "function", "name": "weather"}},
    "schema": {"text": {"format": {"type": "json_schema", **PLACE}, "verbosity": "low"}},
    "numbers": {"temperature": 0, "top_p": 0.5, "presence_penalty": 1, "frequency_penalty": -1.5},
    "echoed": {"max_tool_calls": 3, "safety_identifier": "s-1", "prompt_cache_key": "k-1", "max_output_tokens": 900},
    "incomplete": {"max_output_tokens": 16, "input": "Go on and on, please."},
    "thoughts": {"model": "local/reasoning", "reasoning": {"effort": "low"}},
    "thoughts to the limit": {"model": "local/thinks-to-the-limit", "max_output_tokens": 20},
    "signed thoughts": {"model": "local/signs-its-thoughts", "tools": [WEATHER]},
    "refusal": {"model": "local/declines"},
    "citations": {"model": "local/cites-pages"},
}
NULLS = {"completed_at", "max_tool_calls", "safety_identifier", "prompt_cache_key", "user"}


def body(name: str, **more: Any) -> dict[str, Any]:
    """A request of this kind."""
    return {"model": "openai/gpt-4.1-mini", "input": "Hello", **REQUESTS[name], **more}


def problems(name: str, value: Any) -> list[str]:
    """What is missing or wrong, by the definition of this name."""
    validator = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


async def events_of(world: World, request: dict[str, Any]) -> list[dict[str, Any]]:
    """All events of a stream."""
    answer = await world.post("/v1/responses", request, world.newcomer())
    assert answer.status_code == 200, answer.text
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n") if line.startswith("data: ")]


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_response_has_every_required_field(shared: World, name: str) -> None:
    answer = await shared.post("/v1/responses", body(name), shared.newcomer())

    assert answer.status_code == 200, answer.text
    response = answer.json()
    assert problems("response", response) == []
    assert (response["completed_at"] is None) == (response["status"] != "completed")
    assert response["completed_at"] is None or response["completed_at"] >= response["created_at"]


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_event_has_every_required_field(shared: World, name: str) -> None:
    events = await events_of(shared, body(name, stream=True))

    assert {event["type"]: problems(event["type"], event) for event in events if problems(event["type"], event)} == {}
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


async def test_a_response_that_fails_midway_has_every_required_field(shared: World) -> None:
    events = await events_of(shared, body("text", model="local/error-midway", stream=True))

    assert events[-1]["type"] == "response.failed"
    assert problems("response.failed", events[-1]) == []
    assert events[-1]["response"]["output"][-1]["status"] == "incomplete"


async def test_a_response_echoes_the_request_and_the_defaults(shared: World) -> None:
    asked = {**REQUESTS["echoed"], **REQUESTS["numbers"], "user": "u-1"}
    given = (await shared.post("/v1/responses", body("text", **asked), shared.newcomer())).json()
    silent = (await shared.post("/v1/responses", body("text"), shared.newcomer())).json()

    assert {name: given[name] for name in asked} == asked
    assert [silent[name] for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty")] == [1, 1, 0, 0]
    assert [silent[name] for name in NULLS - {"completed_at"}] == [None] * 4
    assert (silent["service_tier"], silent["top_logprobs"]) == ("default", 0)
    sent = (await shared.sent_upstream())[-2]
    assert (sent["presence_penalty"], sent["frequency_penalty"], sent["temperature"]) == (1, -1.5, 0)


async def test_a_refusal_and_citations_are_streamed_as_parts_of_their_message(shared: World) -> None:
    refused = await events_of(shared, body("refusal", stream=True))
    cited = await events_of(shared, body("citations", stream=True))

    deltas = [event["delta"] for event in refused if event["type"] == "response.refusal.delta"]
    assert (
        "".join(deltas) == refused[-1]["response"]["output"][0]["content"][0]["refusal"] == "I cannot help with that."
    )
    (citation,) = [event for event in cited if event["type"] == "response.output_text.annotation.added"]
    assert citation["annotation"]["url"] == "https://weather.example/monsoon"
    assert cited[-1]["response"]["output"][0]["content"][0]["annotations"] == [citation["annotation"]]


@pytest.mark.parametrize("path", ["/v1//models", "/v1///models/", "/api/v1//models", "/v1//models//openai/gpt-4.1"])
async def test_a_double_slash_leads_to_the_same_endpoint(shared: World, path: str) -> None:
    answer = await shared.http.get(f"{shared.address}{path}", headers=shared.headers())

    assert answer.status_code == 200, answer.text
    assert answer.json()["object"] in ("list", "model")
