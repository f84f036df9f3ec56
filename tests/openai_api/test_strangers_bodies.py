"""Bodies of strangers: nothing large is read for a key that is none, and what is wrong is said in short."""

import json
from typing import Any

import pytest

from oneai import settings
from oneai.api_keys.secret import generate
from oneai.field_errors import MAX_DETAILS
from oneai.http import openai_routes
from oneai.openai_api.content import MAX_MESSAGES, MAX_PARTS
from tests.openai_api.test_chat_completions import MODEL, asking
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

PATHS = ["/v1/chat/completions", "/v1/responses", "/v1/embeddings"]
PART = {"type": "text", "text": "a"}
WRONG: dict[str, Any] = {"model": MODEL, "messages": asking(), "temperature": "hot"}


def made_up() -> dict[str, str]:
    """The header of a key that has a right checksum and was never issued."""
    return {"authorization": f"Bearer {generate()}"}


def messages(count: int, content: Any = "a") -> dict[str, Any]:
    """A request with this many messages."""
    return {"model": MODEL, "messages": [{"role": "user", "content": content}] * count}


def rate_of_strangers(world: World) -> Any:
    """Until when the rate of the address is taken that the tests come from; None before its first request."""
    return next(
        iter(
            world.database.rows(
                "select empty_at from oneai.rate_limits where limit_name = 'public' and subject = '127.0.0.1'"
            )
        ),
        None,
    )


@pytest.fixture
def strict(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which an address that is not signed in makes three requests at once."""
    monkeypatch.setenv("RATE_LIMITS", "public=1/3")
    settings.reset_cache()
    return world


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("states_length", [True, False])
async def test_a_large_body_with_an_invalid_key_is_not_read(world: World, path: str, states_length: bool) -> None:
    received: list[int] = []
    sent: list[Any] = []

    async def receive() -> Any:
        received.append(1)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [*made_up().items(), *([("content-length", "5000000")] if states_length else [])]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "query_string": b"",
        "client": ("127.0.0.1", 1),
    }
    before = rate_of_strangers(world)
    await openai_routes.app(scope, receive, send)

    assert sent[0]["status"] == 401
    assert len(received) <= 5
    assert rate_of_strangers(world) != before


@pytest.mark.parametrize(
    "body",
    [WRONG, {"model": MODEL}, {"model": 1}, messages(1, [{"type": "x"}]), messages(60, [{"type": "x"}] * 1000)],
    ids=["a field", "no messages", "a type", "a part", "60,000 parts"],
)
async def test_invalid_fields_with_an_invalid_key_consume_the_addresss_rate(strict: World, body: Any) -> None:
    statuses = [
        (await strict.http.post("/v1/chat/completions", json=body, headers=made_up())).status_code for _ in range(5)
    ]

    assert statuses == [401, 401, 401, 429, 429]


async def test_invalid_fields_of_a_user_consume_the_users_rate(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMITS", "asking=1/2")
    settings.reset_cache()
    for path, body, status in (("/v1/chat/completions", WRONG, 400), ("/chat/stream", {"message": ""}, 422)):
        who = world.newcomer()
        statuses = [(await world.post(path, body, who)).status_code for _ in range(3)]
        assert statuses == [status, status, 429]


async def test_other_routes_refuse_an_invalid_key_before_invalid_fields(strict: World) -> None:
    large = {"name": "n" * 10_000}
    statuses = [
        (await strict.http.post("/documents", json=body, headers=made_up())).status_code
        for body in ({"name": 1}, large, large, large)
    ]

    assert statuses == [401, 401, 401, 429]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (messages(MAX_MESSAGES + 1), "messages"),
        (messages(30_000), "messages"),
        (messages(1, [PART] * (MAX_PARTS + 1)), "messages[0].content"),
        (messages(11, [PART] * 1000), "messages[10].content"),
        ({"model": MODEL, "input": [{"role": "user", "content": "a"}] * (MAX_MESSAGES + 1)}, "input"),
        ({"model": MODEL, "input": [{"role": "user", "content": [PART] * 1000}] * 11}, "messages[10].content"),
    ],
    ids=["messages", "very many messages", "parts", "parts of all messages", "items", "parts of all items"],
)
async def test_the_number_of_messages_and_parts_is_limited(world: World, body: Any, param: str) -> None:
    path = "/v1/responses" if "input" in body else "/v1/chat/completions"
    answer = await world.post(path, body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text[:500]
    assert len(answer.content) < 5000


async def test_the_maximum_number_of_messages_and_parts_is_accepted(world: World) -> None:
    for body in (messages(MAX_MESSAGES), messages(10, [PART] * (MAX_PARTS // 10))):
        answer = await world.post("/v1/chat/completions", {**body, "model": "openai/gpt-4.1-mini"})
        assert answer.status_code == 200, answer.text[:500]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", messages(10, [{"type": "x"}] * 900)),
        ("/chat/stream", {"message": "Hi", "attachments": [{"type": n} for n in range(20)], "documents": ["x"] * 9000}),
        ("/documents", {"name": "a", "type": "b", "size": 1, "tags": list(range(5000))}),
    ],
)
async def test_the_list_of_invalid_fields_is_bounded(world: World, path: str, body: Any) -> None:
    answer = await world.post(path, body)

    assert answer.status_code in (400, 422)
    assert len(answer.content) < 10_000
    details = answer.json()["error"].get("details", [])
    assert len(details) <= MAX_DETAILS
    assert json.dumps(body)[:50] not in answer.text


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    "field",
    [
        '"logit_bias": {"50256": %s}',
        '"temperature": %s',
        '"tools": [{"type": "function", "function": {"name": "f", "parameters": {"maximum": %s}}}]',
        '"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"minimum": %s}}}',
    ],
)
async def test_a_number_outside_json_is_refused(shared: World, field: str, number: str) -> None:
    who = shared.newcomer()
    body = f'{{"model": "{MODEL}", "messages": [{{"role": "user", "content": "Hi"}}], {field % number}}}'
    url, headers = f"{shared.address}/v1/chat/completions", {**shared.headers(who), "content-type": "application/json"}
    answer = await shared.http.post(url, content=body, headers=headers)

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert shared.quota(who) == (0, 0)


async def test_reasoning_whose_text_is_not_a_string_is_passed_on_unchanged(shared: World) -> None:
    details = [{"type": "reasoning.text", "text": ["x"]}, {"type": "reasoning.text", "text": "y"}]
    thought = {"role": "assistant", "content": "Hello.", "reasoning_details": details}
    body = {"model": MODEL, "messages": [*asking(), thought, *asking("And?")]}
    answer = await shared.post("/v1/chat/completions", body, shared.newcomer())

    assert answer.status_code == 200, answer.text
    assert (await shared.sent_upstream())[-1]["messages"][1]["reasoning_details"] == details
