"""Any value of a field gives a success or a client error, and never a server error."""

import json
from collections import Counter
from typing import Any

import pytest

from oneai.openai_api.chat_request import ChatCompletionRequest
from oneai.openai_api.embeddings import EmbeddingsRequest
from oneai.openai_api.responses_request import ResponsesRequest
from tests import effort
from tests.openai_api.test_chat_completions import MODEL, WEATHER, asking
from tests.openai_api.test_embeddings import MODEL as EMBEDDING_MODEL
from tests.openai_api.test_responses import WEATHER as WEATHER_FUNCTION
from tests.world import World

ENDPOINTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "/v1/chat/completions": (ChatCompletionRequest, {"model": MODEL, "messages": asking(), "max_tokens": 20}),
    "/v1/responses": (ResponsesRequest, {"model": MODEL, "input": "Hello", "max_output_tokens": 20}),
    "/v1/embeddings": (EmbeddingsRequest, {"model": EMBEDDING_MODEL, "input": "one"}),
}
TEXTS: list[Any] = ["", " ", "auto", "json_object", "x" * 10_000, "\0", "\ud800", "\u2028", "none"]
NUMBERS: list[Any] = [0, -1, 1, 2, 0.5, 1e308, 2**31, 2**63, -(2**70), float("inf"), float("nan")]
OBJECTS: list[Any] = [
    *({}, [], [[]], [{}], [None], {"type": "text"}),
    *({"type": "json_schema"}, {"type": "json_schema", "json_schema": {}}),
    *([WEATHER], [WEATHER_FUNCTION], [{"type": "function"}], {"include_usage": True}, {"effort": "low"}, {"50256": 5}),
    {"type": "json_schema", "json_schema": {"name": "x", "schema": {"$ref": "#/nowhere"}}, "name": "x", "schema": 1},
    [{"type": "function", "function": {"name": "f", "parameters": {"$ref": "#"}}, "name": "f", "parameters": []}],
    *([{"role": "tool"}], [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/"}}]}]),
    [{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{"}}]}],
    *([{"type": "function_call"}], [{"type": "function_call_output", "output": 7}], [{"type": "reasoning"}]),
]
ERROR = {"message", "type", "param", "code"}
VALUES = [None, True, False, *TEXTS, *NUMBERS, *OBJECTS]


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_no_field_value_causes_a_server_error(shared: World, path: str) -> None:
    model, body = ENDPOINTS[path]
    who = shared.newcomer()
    shared.database.rows(
        "update oneai.usage_quotas set quota_limit = 1000000 where workspace_id = %s", shared.people[who]
    )
    pairs = [(field, value) for field in model.model_fields for value in VALUES]
    statuses: Counter[int] = Counter()
    failed = []
    for field, value in effort.rng(path).sample(pairs, effort.sample(10, len(pairs))):
        headers = shared.headers(who, **{"content-type": "application/json"})
        answer = await shared.http.post(path, content=json_of({**body, field: value}), headers=headers)
        statuses[answer.status_code] += 1
        if answer.status_code >= 500 or not (answer.is_success or answer.json()["error"].keys() == ERROR):
            failed.append((field, value, answer.text))

    assert failed == []
    # Refused for its value, and not for having asked too often.
    assert statuses.keys() <= {200, 400, 403, 404}, statuses


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_a_null_field_counts_as_omitted(shared: World, path: str) -> None:
    model, body = ENDPOINTS[path]
    optional = [name for name in model.model_fields if name not in body]

    answer = await shared.post(path, {**dict.fromkeys(optional), **body})

    assert answer.status_code == 200, answer.text


def json_of(body: dict[str, Any]) -> bytes:
    """JSON as a careless client writes it: NaN, infinities and lone surrogates included."""
    return json.dumps(body).encode()
