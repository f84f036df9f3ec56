"""Bodies that are wrong, too large, or have more fields than the API knows."""

from typing import Any

import pytest
from openai import APIStatusError

from tests.openai_api.clients import openai_client
from tests.openai_api.test_chat_completions import MODEL, asking
from tests.openai_api.test_embeddings import MODEL as EMBEDDING_MODEL
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

BODY: dict[str, Any] = {"model": MODEL, "messages": asking()}
AUDIO = [{"role": "user", "content": [{"type": "input_audio"}]}]
# A text for each endpoint that has one.
WITH_TEXT: dict[str, Any] = {
    "/v1/chat/completions": lambda text: {"model": MODEL, "messages": asking(text)},
    "/v1/responses": lambda text: {"model": MODEL, "input": text},
    "/v1/embeddings": lambda text: {"model": EMBEDDING_MODEL, "input": text},
}


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"n": 2}, "n", "unsupported_value"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
        ({"messages": AUDIO}, "messages[0].content[0].type", "unsupported_value"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}] * 1000}, "tools", "invalid_value"),
        ({"tools": [{"type": "openrouter:web_search"}]}, "tools[0].type", "unsupported_value"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"model": None}, "model", "invalid_value"),
    ],
)
async def test_an_invalid_field_is_named(shared: World, body: dict[str, Any], param: str, code: str) -> None:
    answer = await shared.post("/v1/chat/completions", {"model": MODEL, "messages": asking(), **body})

    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)


async def test_a_body_that_is_too_large_is_refused_in_the_same_form(shared: World) -> None:
    answer = await shared.post("/v1/chat/completions", {**BODY, "messages": asking("x" * 5_600_000)})

    assert answer.status_code == 413
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


async def test_a_conversation_beyond_the_plan_exceeds_the_context_length(shared: World) -> None:
    answer = await shared.post("/v1/chat/completions", {**BODY, "messages": asking("x" * 200_000)}, shared.newcomer())

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize("path", WITH_TEXT)
@pytest.mark.parametrize("size", [5_600_000, 10_000_000, 11_000_000])
async def test_an_oversized_body_is_refused_once_and_not_retried(shared: World, path: str, size: int) -> None:
    """Beyond Lambda's six megabytes, and API Gateway's ten, it is API Gateway that refuses; no client tries again."""
    who = shared.newcomer()
    async with openai_client(shared, who, retries=2) as client:
        with pytest.raises(APIStatusError) as refused:
            await client.post(path.removeprefix("/v1"), body=WITH_TEXT[path]("x" * size), cast_to=object)

    assert refused.value.status_code == 413
    assert refused.value.response.request.headers["x-stainless-retry-count"] == "0"
    assert shared.quota(who) == (0, 0)


@pytest.mark.parametrize("path", WITH_TEXT)
async def test_unknown_fields_are_ignored(shared: World, path: str) -> None:
    unknown = {"frequency": 1, "lm_studio": {"a": []}, "user": "u-1", "safety_identifier": "s", "stream_options": None}
    answer = await shared.post(path, {**WITH_TEXT[path]("Hello"), **unknown})

    assert answer.status_code == 200, answer.text


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("path", WITH_TEXT)
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"model": NaN}', b"{}"]
)
async def test_an_invalid_request_is_refused(shared: World, path: str, content: bytes) -> None:
    answer = await shared.http.post(
        path, content=content, headers=shared.headers(**{"content-type": "application/json"})
    )

    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_n_and_stream_options_are_validated_with_and_without_streaming(shared: World) -> None:
    streamed = {**BODY, "stream": True}
    two = await shared.post("/v1/chat/completions", {**streamed, "n": 2})
    one = await shared.post("/v1/chat/completions", {**streamed, "n": 1, "stream_options": {"include_usage": True}})
    whole = await shared.post("/v1/chat/completions", {**BODY, "stream": False, "stream_options": {}})

    assert (two.status_code, two.json()["error"]["param"]) == (400, "n")
    assert one.status_code == 200
    assert (whole.status_code, whole.json()["error"]["param"]) == (400, "stream_options")


@pytest.mark.parametrize(
    ("method", "path", "size", "refusal"),
    [
        ("POST", "/v1/chat/completions", 10 * 1024 * 1024, (413, "body_too_large")),
        ("POST", "/v1", 2, (404, "not_found")),
        ("GET", "/v1", 0, (404, "not_found")),
    ],
)
async def test_a_refusal_by_the_gateway_has_all_four_keys(
    shared: World, method: str, path: str, size: int, refusal: tuple[int, str]
) -> None:
    for prefix in ("", "/api"):
        address = f"{str(shared.http.base_url).removesuffix('/api/')}{prefix}{path}"
        answer = await shared.http.request(method, address, content=b"x" * size, headers=shared.headers())

        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == refusal
        assert (error["type"], error["param"]) == ("invalid_request_error", None)
        assert error["message"]
