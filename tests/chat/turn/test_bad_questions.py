"""Invalid questions are refused with the reason, and nothing has happened then."""

from typing import Any
from uuid import uuid4

import pytest

from tests.chat.traces import fields, nothing_happens, refused
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)

SMALL, OTHER_SMALL, LARGE = "openai/gpt-4.1-mini", "google/gemini-2.5-flash-lite", "openai/gpt-4.1"
MALFORMED = [
    "",
    "{",
    "[]",
    "null",
    '"Hello"',
    "7",
    '{"message": "Hello"',
    "message=Hello",
    "[" * 100_000,
    '{"message":}',
]
# Most of these cost the service money upstream; a client may set none.
UNKNOWN = [
    *("plugins", "provider", "user", "tools", "tool_choice", "stream", "transforms", "route", "metadata", "system"),
    *("messages", "prompt", "web_search_options", "session_id", "service_tier", "max_completion_tokens", "user_id"),
]
WRONG: list[tuple[str, Any]] = [
    ("message", None),
    ("message", 7),
    ("message", ["Hello"]),
    ("message", ""),
    ("message", " \n\t\u3000 "),
    ("conversation_id", "not-a-uuid"),
    ("conversation_id", 7),
    ("message_id", "12345"),
    ("message_id", True),
    ("model", 7),
    ("model", ""),
    ("model", "m" * 201),
    ("models", "openai/gpt-4.1-mini"),
    ("models", None),
    ("models", [SMALL, OTHER_SMALL, LARGE, "local/echo"]),
    ("temperature", "hot"),
    ("temperature", "1"),
    ("temperature", -0.1),
    ("temperature", 2.1),
    ("temperature", True),
    ("max_tokens", 0),
    ("max_tokens", -5),
    ("max_tokens", 1.5),
    ("max_tokens", "100"),
    ("reasoning", "high"),
    ("reasoning", []),
]
WRONG_WITHIN: list[tuple[str, dict[str, Any]]] = [
    ("models.1", {"models": [SMALL, 7]}),
    ("reasoning.effort", {"reasoning": {"effort": "extreme"}}),
    ("reasoning.max_tokens", {"reasoning": {"max_tokens": 0}}),
    ("reasoning.enabled", {"reasoning": {"enabled": "yes"}}),
    ("reasoning.summary", {"reasoning": {"summary": "auto"}}),
]


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
@pytest.mark.parametrize("path", ["/chat/stream", "/chat/stop"])
async def test_a_body_that_is_not_a_json_object_is_refused(path: str, body: str, shared: World) -> None:
    headers = shared.headers(**{"content-type": "application/json"})

    async with nothing_happens(shared, "asha"):
        answer = await shared.http.post(path, content=body, headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"]) == ["body"] or path == "/chat/stop"


@pytest.mark.parametrize("field", UNKNOWN)
async def test_an_unknown_field_is_refused_by_name(field: str, shared: World) -> None:
    error = await refused(shared, "asha", 422, "invalid_request", **{field: [{"id": "web"}]})

    assert fields(error) == [field]


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(("field", "value"), WRONG, ids=str)
async def test_a_field_of_the_wrong_type_is_refused_by_name(field: str, value: Any, shared: World) -> None:
    error = await refused(shared, "asha", 422, "invalid_request", **{field: value})

    assert fields(error) == [field]


@pytest.mark.parametrize(("field", "body"), WRONG_WITHIN, ids=str)
async def test_a_wrong_nested_field_is_named_by_its_path(field: str, body: dict[str, Any], shared: World) -> None:
    assert fields(await refused(shared, "asha", 422, "invalid_request", **body)) == [field]


async def test_all_invalid_fields_are_named_at_once(shared: World) -> None:
    async with nothing_happens(shared, "asha"):
        answer = await shared.post("/chat/stream", {"temperature": 9, "max_tokens": "x", "user": "asha"})

    assert set(fields(answer.json()["error"])) == {"message", "temperature", "max_tokens", "user"}


@pytest.mark.parametrize("body", [{}, {"message_id": "7"}, {"message_id": None}, {"message_id": str(uuid4()), "x": 1}])
async def test_a_stop_without_an_answer_id_is_refused(body: dict[str, Any], shared: World) -> None:
    answer = await shared.post("/chat/stop", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"]) == ["x" if "x" in body else "message_id"]


async def test_a_lone_surrogate_is_refused(shared: World) -> None:
    headers = shared.headers(**{"content-type": "application/json"})
    for half in (r"\ud83d", r"\ude00", r"ab\ud83dcd", r"\ude00\ud83d"):
        async with nothing_happens(shared, "asha"):
            answer = await shared.http.post("/chat/stream", content=f'{{"message": "{half}"}}', headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


async def test_a_nul_becomes_a_replacement_character_everywhere(shared: World) -> None:
    result = await shared.ask("nul\0 here", shared.newcomer(), model="local/echo")

    question = result.start["user_message_id"]
    assert shared.database.one("select content from oneai.chat_messages where id = %s", question) == "nul\ufffd here"
    assert (await shared.sent_upstream())[-1]["messages"][-1]["content"] == "nul\ufffd here"
    assert result.text == "nul\ufffd here"


@pytest.mark.parametrize("letter", ["a", "क", "😀"])
async def test_a_message_of_a_hundred_thousand_characters_arrives_whole(letter: str, shared: World) -> None:
    message = (letter * 9 + " ") * 10_000

    result = await shared.ask(message, shared.newcomer())

    assert result.last["state"] == "complete"
    question = result.start["user_message_id"]
    assert shared.database.one("select content from oneai.chat_messages where id = %s", question) == message
    assert (await shared.sent_upstream())[-1]["messages"][-1]["content"] == message


async def test_a_message_longer_than_the_plan_allows_is_refused_by_name(shared: World) -> None:
    error = await refused(shared, shared.newcomer(), 422, "invalid_request", message="a" * 100_001)

    assert fields(error) == ["message"]


async def test_the_size_of_a_body_is_limited(shared: World) -> None:
    headers = shared.headers(**{"content-type": "application/json"})
    for method, path, most in (
        ("POST", "/chat/stream", 5_500_000),
        ("POST", "/chat/stop", 1_000_000),
        ("GET", "/conversations", 1_000_000),
        ("GET", "/quota/status", 1_000_000),
    ):
        fits = await shared.http.request(method, path, content=b"x" * most, headers=headers)
        assert fits.status_code == (422 if method == "POST" else 200), path
        for size in (most + 1, 5_600_000, 7_000_000, 11_000_000):
            answer = await shared.http.request(method, path, content=b"x" * size, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large"), (path, size)
            assert answer.json()["request_id"] == answer.headers["x-request-id"]
