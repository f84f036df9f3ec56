"""Every answer below `/v1` is what the models of OpenAI's own library say it is, checked and not only constructed."""

from typing import Any

import pytest
from openai.types import CreateEmbeddingResponse, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.shared import ErrorObject
from pydantic import BaseModel, TypeAdapter

from tests.openai_api.test_chat_completions import MODEL, TIME, WEATHER, asking, chunks_of
from tests.openai_api.test_embeddings import MODEL as EMBEDDING_MODEL
from tests.openai_api.test_responses import WEATHER as WEATHER_FUNCTION
from tests.openai_api.test_responses import events_of
from tests.world import World

PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
SCHEMA = {"name": "place", "schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
COMPLETIONS: dict[str, dict[str, Any]] = {
    "text": {},
    "usage": {"stream_options": {"include_usage": True}},
    "tools": {"tools": [WEATHER, TIME]},
    "logprobs": {"logprobs": True, "top_logprobs": 2},
    "schema": {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
    "vision": {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, PICTURE]}]},
    "reasoning": {"model": "local/reasoning"},
    "length": {"max_tokens": 5},
}
RESPONSES: dict[str, dict[str, Any]] = {
    "text": {},
    "function": {"tools": [WEATHER_FUNCTION]},
    "schema": {"text": {"format": {"type": "json_schema", **SCHEMA}}},
    "reasoning": {"model": "local/reasoning"},
    "incomplete": {"max_output_tokens": 5},
}
EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


class ModelList(BaseModel):
    """The list of models, whose class in the library is that of a page and checks nothing."""

    object: str
    data: list[Model]


async def answered(world: World, path: str, body: dict[str, Any]) -> bytes:
    """The body of a successful response."""
    answer = await world.post(path, body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    return answer.content


@pytest.mark.parametrize("variant", COMPLETIONS)
async def test_chat_completions_match_openais_types(shared: World, variant: str) -> None:
    body = {"messages": asking(), **COMPLETIONS[variant]}
    chunks = await chunks_of(shared, "asha", **body)
    body.pop("stream_options", None)
    completion = ChatCompletion.model_validate_json(
        await answered(shared, "/v1/chat/completions", {"model": MODEL, **body})
    )

    assert {type(chunk) for chunk in chunks} == {ChatCompletionChunk}
    streamed = [choice for chunk in chunks for choice in chunk.choices]
    (choice,) = completion.choices
    assert streamed[-1].finish_reason == choice.finish_reason
    assert "".join(each.delta.content or "" for each in streamed) == (choice.message.content or "")


@pytest.mark.parametrize("variant", RESPONSES)
async def test_responses_match_openais_types(shared: World, variant: str) -> None:
    body = {"input": "Hello", **RESPONSES[variant]}
    events = await events_of(shared, "asha", **body)
    response = Response.model_validate_json(await answered(shared, "/v1/responses", {"model": MODEL, **body}))

    assert events[-1].response.status == response.status
    assert events[-1].response.output_text == response.output_text


@pytest.mark.parametrize("form", ["float", "base64", None])
async def test_embeddings_match_openais_types(shared: World, form: str | None) -> None:
    body = {"model": EMBEDDING_MODEL, "input": ["one", "two"], **({"encoding_format": form} if form else {})}
    content = await answered(shared, "/v1/embeddings", body)

    if form == "base64":
        # The library decodes what it asked for; its model has the numbers.
        assert b'"embedding":"' in content
    else:
        assert len(CreateEmbeddingResponse.model_validate_json(content).data) == 2


async def test_models_match_openais_types(shared: World) -> None:
    listed = ModelList.model_validate_json((await shared.get("/v1/models")).content)
    found = Model.model_validate_json((await shared.get(f"/v1/models/{MODEL}")).content)

    assert listed.object == "list"
    assert found in listed.data


REFUSALS: dict[str, tuple[int, str, str, dict[str, Any] | None]] = {
    "malformed": (400, "POST", "/v1/chat/completions", {"messages": 7}),
    "response": (400, "POST", "/v1/responses", {"model": MODEL, "input": "Hello", "previous_response_id": "resp_1"}),
    "embeddings": (400, "POST", "/v1/embeddings", {"model": EMBEDDING_MODEL, "input": []}),
    "plan": (403, "POST", "/v1/chat/completions", {"model": "openai/o1-pro", "messages": asking()}),
    "model": (404, "POST", "/v1/chat/completions", {"model": "unknown/model", "messages": asking()}),
    "one model": (404, "GET", "/v1/models/unknown/model", None),
    "line break": (404, "GET", "/v1/models/no%0Abody", None),
    "endpoint": (404, "POST", "/v1/files", {}),
    "method": (405, "GET", "/v1/chat/completions", None),
    "large": (413, "POST", "/v1/responses", {"model": MODEL, "input": "x" * 5_600_000}),
    "too long": (400, "POST", "/v1/chat/completions", {"model": "local/error-413", "messages": asking()}),
    "busy": (503, "POST", "/v1/chat/completions", {"model": "local/error-503", "messages": asking()}),
    "busy stream": (503, "POST", "/v1/responses", {"model": "local/error-503", "input": "Hello", "stream": True}),
    "upstream": (502, "POST", "/v1/embeddings", {"model": EMBEDDING_MODEL, "input": "Fail, please"}),
}


@pytest.mark.parametrize("variant", REFUSALS)
async def test_refusals_match_openais_types(shared: World, variant: str) -> None:
    status, method, path, body = REFUSALS[variant]
    answer = await shared.http.request(method, path, json=body, headers=shared.headers())

    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error", "request_id"}
    error = ErrorObject.model_validate(answer.json()["error"])
    assert error.message
    assert error.type
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


async def test_errors_in_streams_match_openais_types(shared: World) -> None:
    events = await events_of(shared, "asha", model="local/error-midway", input="Hello")
    body = {"model": "local/error-midway", "messages": asking(), "stream": True}
    frames = (await answered_stream(shared, body)).split("\n\n")

    assert EVENT.validate_python(events[-1]).type == "response.failed"
    *chunks, error, done = [frame.removeprefix("data: ") for frame in frames if frame.startswith("data: ")]
    reasons = [ChatCompletionChunk.model_validate_json(chunk).choices[0].finish_reason for chunk in chunks]
    assert set(reasons) == {None}
    assert error.startswith('{"error":')
    ErrorObject.model_validate_json(error.removeprefix('{"error":').removesuffix("}"))
    assert done == "[DONE]"


async def answered_stream(world: World, body: dict[str, Any]) -> str:
    """The whole stream of chunks."""
    answer = await world.post("/v1/chat/completions", body)
    assert answer.status_code == 200, answer.text
    return answer.text
