"""Chat completions as OpenAI's own client reads them."""

import json
from typing import Any
from uuid import UUID

import pytest
from openai import (
    APIError,
    APIStatusError,
    AsyncStream,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
)
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from oneai.chat import jobs
from tests.openai_api.clients import openai_client
from tests.world import World

MODEL = "openai/gpt-4.1-mini"
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    },
}
TIME: Any = {"type": "function", "function": {"name": "local_time", "parameters": {"type": "object"}}}


def asking(text: str = "Hello") -> list[Any]:
    """A conversation of one message."""
    return [{"role": "user", "content": text}]


async def chunks_of(world: World, who: str, **body: Any) -> list[ChatCompletionChunk]:
    """All chunks of a stream, each read by the client's own model from what was sent."""
    lines = []
    async with world.http.stream(
        "POST", "/v1/chat/completions", json={"model": MODEL, "stream": True, **body}, headers=world.headers(who)
    ) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in response.aiter_lines() if line.startswith("data: ")]
    assert lines[-1] == "data: [DONE]"
    return [ChatCompletionChunk.model_validate_json(line.removeprefix("data: ")) for line in lines[:-1]]


@pytest.mark.parametrize("path", ["/v1", "/api/v1"])
async def test_a_completion_is_returned_whole_and_charged_like_a_chat_answer(shared: World, path: str) -> None:
    who = shared.newcomer()
    async with openai_client(shared, who, path) as client:
        answer = await client.chat.completions.with_raw_response.create(model=MODEL, messages=asking("How are you?"))

    completion = ChatCompletion.model_validate_json(answer.content)
    assert completion.choices[0].finish_reason == "stop"
    assert "How are you?" in (completion.choices[0].message.content or "")
    assert completion.model == MODEL
    assert completion.usage is not None
    assert completion.usage.completion_tokens > 10
    assert shared.quota(who) == (1, 0)
    event = shared.database.one(
        "select purpose, outcome, charged from oneai.usage_events where user_id = %s", shared.people[who]
    )
    assert event == ("answer", "complete", 1)
    assert answer.headers["x-request-id"]
    assert answer.headers["openai-version"] == "2020-10-01"
    at_once, remaining = (int(answer.headers[f"x-ratelimit-{name}-requests"]) for name in ("limit", "remaining"))
    assert remaining == at_once - 1
    assert int(answer.headers["ratelimit-remaining"]) > 0


async def test_a_stream_has_role_text_finish_and_usage_in_chunks_of_one_answer(shared: World) -> None:
    chunks = await chunks_of(
        shared, shared.newcomer(), messages=asking("Tell me"), stream_options={"include_usage": True}
    )

    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1])
    assert "Tell me" in text
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1] if chunk.choices[0].finish_reason] == ["stop"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert all(chunk.usage is None for chunk in chunks[:-1])


async def test_usage_is_sent_only_on_request(shared: World) -> None:
    chunks = await chunks_of(shared, shared.newcomer(), messages=asking())

    assert all(chunk.choices for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_tools_are_called_in_parallel_and_their_results_accepted(shared: World) -> None:
    async with openai_client(shared, shared.newcomer()) as client:
        first = await client.chat.completions.create(model=MODEL, messages=asking("Weather?"), tools=[WEATHER, TIME])
        message = first.choices[0].message
        calls = message.tool_calls or []
        results = [{"role": "tool", "tool_call_id": call.id, "content": f"result {n}"} for n, call in enumerate(calls)]
        history: Any = [*asking("Weather?"), message.model_dump(), *results]
        second = await client.chat.completions.create(model=MODEL, messages=history, tools=[WEATHER, TIME])

    assert first.choices[0].finish_reason == "tool_calls"
    assert message.content is None
    assert [call.function.name for call in calls if call.type == "function"] == ["weather", "local_time"]
    assert json.loads(calls[0].function.arguments) == {"city": "Pune", "days": 7}  # type: ignore[union-attr]
    assert second.choices[0].message.content == "The tools say result 0 and result 1."


async def test_tool_calls_stream_by_index_with_their_name_first(shared: World) -> None:
    chunks = await chunks_of(shared, shared.newcomer(), messages=asking(), tools=[WEATHER, TIME])

    fragments = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert sorted({call.index for call in fragments}) == [0, 1]
    for index, name in enumerate(("weather", "local_time")):
        own = [call for call in fragments if call.index == index]
        assert own[0].function is not None
        assert (bool(own[0].id), own[0].type, own[0].function.name) == (True, "function", name)
        assert all(call.id is None for call in own[1:])
        json.loads("".join(call.function.arguments or "" for call in own if call.function))
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_logprobs_and_a_schema_are_passed_on(shared: World) -> None:
    schema: Any = {"type": "object", "properties": {"city": {"type": "string"}}}
    async with openai_client(shared, shared.newcomer()) as client:
        answer = await client.chat.completions.with_raw_response.create(
            model=MODEL,
            messages=asking(),
            logprobs=True,
            top_logprobs=2,
            seed=7,
            response_format={"type": "json_schema", "json_schema": {"name": "place", "schema": schema}},
        )

    choice = ChatCompletion.model_validate_json(answer.content).choices[0]
    assert json.loads(choice.message.content or "") == {"city": "Pune"}
    assert choice.logprobs is not None
    assert choice.logprobs.content is not None
    assert "".join(each.token for each in choice.logprobs.content) == choice.message.content
    assert len(choice.logprobs.content[0].top_logprobs) == 2
    sent = (await shared.sent_upstream())[-1]
    assert (sent["seed"], sent["response_format"]["type"]) == (7, "json_schema")
    assert sent["provider"]["require_parameters"] is True


async def test_reasoning_has_its_own_field(shared: World) -> None:
    async with openai_client(shared, shared.newcomer()) as client:
        answer = await client.chat.completions.create(model="local/reasoning", messages=asking())

    assert answer.choices[0].message.model_dump()["reasoning_content"].startswith("Let me think")
    assert answer.usage is not None
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.reasoning_tokens == 5


async def test_images_are_sent_only_to_models_with_vision(shared: World) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png", "detail": "low"}}
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}]}
    seen = await shared.post("/v1/chat/completions", {"model": MODEL, **body})
    sent = (await shared.sent_upstream())[-1]
    blind = await shared.post("/v1/chat/completions", {"model": "deepseek/deepseek-r1", **body})

    assert seen.status_code == 200
    assert sent["messages"][0]["content"][1] == picture
    assert (blind.status_code, blind.json()["error"]["param"]) == (400, "messages")


async def test_developer_becomes_system_and_money_and_unknown_fields_are_dropped(shared: World) -> None:
    async with openai_client(shared, shared.newcomer()) as client:
        await client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "developer", "content": "Be short."}, *asking()],
            user="u-1",
            metadata={"a": "b"},
            extra_body={
                "models": ["openai/o1-pro"],
                "plugins": [{"id": "file-parser"}],
                "provider": {"sort": "price"},
                "x": 1,
            },
        )

    sent = (await shared.sent_upstream())[-1]
    assert sent["messages"][0] == {"role": "system", "content": "Be short."}
    assert not {"models", "plugins", "x", "user"} & set(sent)
    assert sent["metadata"].keys() == {"request_id"}
    assert "sort" not in sent["provider"]


async def test_refusals_raise_the_clients_own_exceptions(shared: World) -> None:
    who = shared.newcomer()
    async with openai_client(shared, who) as client:
        with pytest.raises(NotFoundError) as unknown:
            await client.chat.completions.create(model="unknown/model", messages=asking())
        with pytest.raises(PermissionDeniedError) as dear:
            await client.chat.completions.create(model="openai/o1-pro", messages=asking())
        with pytest.raises(InternalServerError) as failed:
            await client.chat.completions.create(model="local/error-503", messages=asking())
        with pytest.raises(BadRequestError) as long:
            await client.chat.completions.create(model="local/error-413", messages=asking())
        with pytest.raises(BadRequestError) as declined:
            await client.chat.completions.create(model="local/error-403-moderation", messages=asking())

    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    assert dear.value.code == "model_not_allowed"
    assert failed.value.type == "server_error"
    assert long.value.code == "context_length_exceeded"
    assert (declined.value.type, declined.value.code) == ("invalid_request_error", "content_policy_violation")
    assert shared.quota(who) == (0, 0)


async def test_a_used_up_quota_says_that_a_retry_does_not_help(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "update oneai.usage_quotas set used = quota_limit where workspace_id = %s and quota_key = 'small_messages'",
        shared.people[who],
    )
    async with openai_client(shared, who, retries=2) as client:
        with pytest.raises(APIStatusError) as spent:
            await client.chat.completions.create(model=MODEL, messages=asking("Once only"))

    assert (spent.value.status_code, spent.value.code) == (429, "insufficient_quota")
    assert spent.value.response.headers["x-should-retry"] == "false"


async def test_a_truncated_stream_ends_with_an_error_and_without_a_finish(shared: World) -> None:
    chunks: list[ChatCompletionChunk] = []

    async def read(stream: AsyncStream[ChatCompletionChunk]) -> None:
        async for chunk in stream:
            chunks.append(chunk)  # noqa: PERF401 — what came before it breaks off is kept

    async with openai_client(shared, shared.newcomer()) as client:
        stream = await client.chat.completions.create(model="local/error-midway", messages=asking(), stream=True)
        with pytest.raises(APIError, match="The model failed") as broken:
            await read(stream)

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)
    assert broken.value.type == "server_error"


async def test_only_usage_is_left_two_minutes_after_the_end(shared: World) -> None:
    who = shared.newcomer()
    answer = (await shared.post("/v1/chat/completions", {"model": MODEL, "messages": asking("Secret")}, who)).json()
    message_id = UUID(answer["id"].removeprefix("chatcmpl-"))
    assert (await shared.get("/conversations", who)).json()["items"] == []

    shared.database.advance(121)
    await jobs.delete_expired_temporary()
    user = shared.people[who]
    assert shared.database.rows("select id from oneai.chat_messages where user_id = %s", user) == []
    assert shared.database.rows("select message_id from oneai.usage_events where user_id = %s", user) == [message_id]


async def test_unknown_endpoints_are_refused_in_openais_form(shared: World) -> None:
    for path in ("/v1/completions", "/v1/audio/speech", "/v1/files"):
        answer = await shared.post(path, {}, None)
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "unknown_url"
    answer = await shared.get("/v1/chat/completions")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_models_are_listed_and_found_with_an_encoded_slash(shared: World) -> None:
    async with openai_client(shared, "asha") as client:
        ids = [model.id async for model in client.models.list()]
        one = await client.models.retrieve(MODEL)
        with pytest.raises(NotFoundError) as missing:
            await client.models.retrieve("unknown/model")

    assert MODEL in ids
    assert (one.id, one.object, one.owned_by) == (MODEL, "model", "openai")
    assert missing.value.code == "model_not_found"
    encoded = await shared.get(f"/v1/models/{MODEL.replace('/', '%2F')}")
    assert encoded.json()["id"] == MODEL


async def test_a_request_without_a_valid_key_gets_401_alone(shared: World) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}):
        answer = await shared.http.post("/v1/chat/completions", json={}, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_api_key"


async def test_cache_control_and_citations_are_passed_on(shared: World) -> None:
    mark = {"type": "ephemeral"}
    citation = {"type": "url_citation", "url_citation": {"url": "https://a.example/", "start_index": 0, "end_index": 1}}
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "Be short.", "cache_control": {**mark, "ttl": "1h"}}]},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi.", "annotations": [citation]},
        {"role": "user", "content": "Again", "cache_control": mark},
    ]
    body = {"model": MODEL, "messages": messages, "tools": [{**WEATHER, "cache_control": mark}]}
    answer = await shared.post("/v1/chat/completions", body, shared.newcomer())

    assert answer.status_code == 200, answer.text
    sent = (await shared.sent_upstream())[-1]
    # An hour's cache costs twice what is held for the prompt.
    assert sent["messages"][0]["content"] == [{"type": "text", "text": "Be short.", "cache_control": mark}]
    assert sent["messages"][2]["annotations"] == [citation]
    assert sent["messages"][3]["content"] == [{"type": "text", "text": "Again", "cache_control": mark}]
    assert sent["tools"][0]["cache_control"] == mark
