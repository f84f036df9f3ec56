"""Small bodies of very many values: they are refused before a step that takes time for each of them."""

import base64
import json
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneai import settings
from oneai.errors import InvalidRequest
from oneai.http import streaming
from oneai.json_values import MAX_VALUES, count_values
from oneai.models.pieces import whole_details
from oneai.openai_api import reasoning_items
from oneai.openai_api.chat_request import ChatCompletionRequest
from oneai.openai_api.responses_request import ResponsesRequest
from tests.openai_api.test_chat_completions import MODEL, asking
from tests.world import World

pytestmark = pytest.mark.sampled(0.2)

MANY: list[Any] = [{}] * (MAX_VALUES + 1)
JSON = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(alphabet='",[]{}\\a\u00e9')),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='",[{\\:'), inner),
)


def marks_of(value: Any) -> int:
    """Lists, objects and the commas in them."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(len(value) - 1, 0) + sum(map(marks_of, value)) if isinstance(value, list) else 0


def thoughts(details: list[Any]) -> dict[str, Any]:
    """A reasoning item."""
    return {"type": "reasoning", "encrypted_content": reasoning_items.encode(details)}


@given(JSON)
def test_punctuation_in_strings_is_not_counted(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False).encode()
    marks = marks_of(value)
    assert count_values(text, most=marks) == marks
    assert marks == 0 or count_values(text, most=marks - 1) == marks


@pytest.mark.parametrize("text", [b'"' + b'\\"' * 300_000, b'"' + b",{" * 300_000 + b"\\", b'"' + b"\\" * 300_001])
def test_an_unterminated_string_is_one_value(text: bytes) -> None:
    assert count_values(text, most=0) == 0


@pytest.mark.parametrize(
    "field",
    [
        {"messages": [{"role": "assistant", "content": "a", "reasoning_details": [{"a": MANY}]}]},
        {"messages": [{"role": "assistant", "content": "a", "annotations": [{"a": MANY}]}]},
        {"tools": [{"function": {"name": "a", "parameters": {"a": MANY}}}]},
        {"response_format": {"type": "json_object", "a": MANY}},
        {"logit_bias": dict.fromkeys(map(str, range(MAX_VALUES + 1)), "a")},
        {"modalities": [0] * (MAX_VALUES + 1)},
        {"functions": MANY},
        {"unknown": MANY},
    ],
    ids=["details", "annotations", "schema", "format", "biases", "modalities", "functions", "unknown"],
)
async def test_a_body_of_too_many_values_is_refused_before_its_fields(field: dict[str, Any], shared: World) -> None:
    answer = await shared.post("/v1/chat/completions", {"model": MODEL, "messages": asking(), **field})

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "A body may hold at most 100000 values."


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/documents"),
        ("PATCH", "/user/preferences"),
        ("POST", "/quota/quote"),
        ("POST", "/chat/stop"),
    ],
)
async def test_a_body_of_many_values_is_refused_before_it_is_parsed(
    own_world: World, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    monkeypatch.setenv("RATE_LIMITS", "other=1/2,public=1/2")
    settings.reset_cache()
    # It ends in the middle, so that parsing it would say something else.
    body = b'{"a":[' + b"0," * MAX_VALUES
    headers = {**own_world.headers("asha"), "content-type": "application/json"}
    answers = [await own_world.http.request(method, path, content=body, headers=headers) for _ in range(3)]
    stranger = await own_world.http.request(method, path, content=body, headers={"content-type": "application/json"})

    assert [each.status_code for each in answers] == [422, 422, 429]
    assert answers[0].json()["error"]["details"] == [
        {"field": "body", "code": "too_many", "message": "A body may hold at most 100000 values."}
    ]
    assert stranger.status_code == 401


@pytest.mark.parametrize(
    ("kind", "field", "most"),
    [
        (ChatCompletionRequest, {"logit_bias": dict.fromkeys(map(str, range(1001)), "a")}, 1000),
        (ChatCompletionRequest, {"modalities": [0] * 5000}, 10),
        (ResponsesRequest, {"metadata": dict.fromkeys(map(str, range(17)), 0)}, 16),
        (ResponsesRequest, {"input": [0] * 5000}, 2000),
    ],
)
async def test_a_list_that_is_too_long_is_one_error(kind: Any, field: dict[str, Any], most: int) -> None:
    body = {"model": MODEL, "messages": asking(), "input": "a", **field}
    with pytest.raises(InvalidRequest) as refused:
        await streaming.parse(kind, json.dumps(body).encode())

    ((name, _),) = field.items()
    assert refused.value.extra["details"] == [
        {"field": name, "code": "too_many", "message": f"At most {most} are allowed."}
    ]


def test_text_full_of_commas_is_not_many_values() -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": ',[{"' * MAX_VALUES}]}
    assert count_values(json.dumps(body).encode()) < 20


async def test_reasoning_with_too_many_values_is_refused_together(shared: World) -> None:
    message = {"role": "assistant", "content": "a"}
    parts = [thoughts([{"a": [{}] * 40_000}]) for _ in range(3)]
    refused = await shared.post("/v1/responses", {"model": MODEL, "input": [message, *parts, *asking()]})

    assert refused.status_code == 400
    assert (refused.json()["error"]["param"], "encrypted_content" in refused.text) == ("input", True)


@pytest.mark.parametrize("text", ["[" * 900, '[{"a":' + "[" * 900 + "]" * 900 + "}]", '[{"a":NaN}]', "{}", "\ud800"])
def test_reasoning_that_no_body_could_contain_is_dropped(text: str) -> None:
    content = reasoning_items.PREFIX + base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode()
    assert reasoning_items.decode(content) == []


class Counted(dict[str, Any]):
    """An entry that counts how often it is compared."""

    compared: ClassVar[int] = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        Counted.compared += 1
        return super().__ne__(other)

    __hash__ = None


@pytest.fixture
def entries() -> list[Counted]:
    """Entries of a provider, each another."""
    Counted.compared = 0
    return [Counted(type="reasoning.encrypted", data=str(number)) for number in range(500)]


def test_entries_of_a_message_are_each_compared_with_one_other(entries: list[Counted]) -> None:
    assert whole_details([*entries, *entries]) == [dict(entry) for entry in entries]
    assert Counted.compared <= 3 * len(entries)


def test_reasoning_repeated_in_several_items_is_kept_once(
    entries: list[Counted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasoning_items, "decode", lambda _: entries)
    items = [thoughts([]), thoughts([]), {"role": "assistant", "content": "a"}, *asking()]
    request = ResponsesRequest.model_validate({"model": MODEL, "input": items})
    Counted.compared = 0
    question = request.question("hash", is_retry=False)

    assert len(question.prompt[0]["reasoning_details"]) == len(entries)
    assert Counted.compared <= 3 * len(entries)
