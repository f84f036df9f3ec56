"""The hold of a prompt is measured on the sent request, for any long field of a client."""

import json
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, TypeAliasType, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from oneai.chat.turn.prompted_question import PromptedQuestion
from oneai.errors import InvalidRequest
from oneai.openai_api.chat_request import ChatCompletionRequest
from oneai.openai_api.responses_request import ResponsesRequest
from oneai.prompt_size import IMAGE_BYTES, max_request_bytes, prompt_bytes, prompt_characters
from tests.effort import sample

type Path = tuple[str | int, ...]

TEXTS = ("word ", "\n", '"', "नमस्ते ", "🎈", "x")
# The possible beginnings of the address of an image.
IMAGES = (
    *("", "https://example.com/", "data:,", "data:image/svg+xml,", "data:image/png,", "data:image/anything"),
    *("data:image/png;base64,", "data:image/svg+xml;base64,", "data:image/png;charset=utf-8,"),
)
CHAT: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
RESPONSES: dict[str, Any] = {"model": "m", "input": [{"type": "message", "role": "user", "content": "Hi"}]}
RESPONSES_IMAGE = {"model": "m", "input": [{"role": "user", "content": [{"type": "input_image"}]}]}


def paths(annotation: Any, before: Path = ()) -> Iterator[Path]:
    """The places of a model's fields that may hold a text, in lists and objects too."""
    if isinstance(annotation, TypeAliasType):
        yield from paths(annotation.__value__, before)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from paths(field.annotation, (*before, name))
    elif get_origin(annotation) is Annotated:
        yield from paths(get_args(annotation)[0], before)
    elif get_origin(annotation) in (Union, UnionType):
        for each in get_args(annotation):
            yield from paths(each, before)
    elif get_origin(annotation) is list:
        yield from paths(get_args(annotation)[0], (*before, 0))
    elif annotation is Any or get_origin(annotation) is dict:
        yield from ((*before, "name"), (*before, "description"), (*before, "json_schema", "name"))
    elif annotation is str:
        yield before


def put(body: Any, path: Path, value: Any) -> Any:
    """The body with this value at this place; what leads there is made."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        items = list(body) if isinstance(body, list) else []
        return [put(items[0] if items else None, tuple(rest), value), *items[1:]]
    fields = dict(body) if isinstance(body, dict) else {}
    return {**fields, first: put(fields.get(first), tuple(rest), value)}


def complete(body: dict[str, Any], role: str) -> dict[str, Any]:
    """The body with what a field needs beside it: the type of a part, of a call and of a format."""
    for message in body.get("messages", ()):
        message["role"] = role
        if role == "tool":
            message.setdefault("tool_call_id", "call_1")
        for part in message["content"] if isinstance(message["content"], list) else ():
            part.setdefault("type", "image_url" if "image_url" in part else "text")
        for call in message.get("tool_calls", ()):
            call["function"] = {"name": "f", "arguments": "{}"} | call.get("function", {})
            call.setdefault("id", "call_1")
    for tool in body.get("tools", ()):
        tool.setdefault("type", "function")
        if "messages" in body:
            tool["function"] = {"name": "f"} | tool.get("function", {})
        else:
            tool.setdefault("name", "f")
    if isinstance(form := body.get("response_format"), dict):
        form.setdefault("type", "json_schema")
        form["json_schema"] = {"name": "n"} | form.get("json_schema", {})
    if isinstance(choice := body.get("tool_choice"), dict):
        choice["function"] = {"name": choice.get("name", "f")}
    return body


def asked(model: Any, body: dict[str, Any]) -> PromptedQuestion | None:
    """The question of a body; None where it is refused."""
    try:
        question: PromptedQuestion = model.model_validate_json(json.dumps(body)).question("hash", is_retry=False)
    except (ValidationError, InvalidRequest):
        return None
    return question


def held_tokens(question: PromptedQuestion) -> int:
    """As `oneai.prompt_tokens` computes it."""
    return (question.prompt_bytes + len((question.message or "").encode())) // 3 + 1


def sent_bytes(question: PromptedQuestion) -> int:
    """The bytes of the request's prompt and of its parameters."""
    sent = {**question.parameters, "messages": question.prompt}
    return len(json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode())


PATHS = [
    *((ChatCompletionRequest, CHAT, path) for path in paths(ChatCompletionRequest)),
    *((ResponsesRequest, RESPONSES, path) for path in paths(ResponsesRequest)),
    (ResponsesRequest, RESPONSES_IMAGE, ("input", 0, "content", 0, "image_url")),
]


def test_fields_that_were_free_before_are_made_long() -> None:
    found = {path for _, _, path in PATHS}

    assert {
        ("messages", 0, "name"),
        ("messages", 0, "tool_call_id"),
        ("messages", 0, "tool_calls", 0, "id"),
        ("messages", 0, "reasoning_details", 0, "description"),
        ("tools", 0, "function", "description"),
        ("stop", 0),
        ("input", 0, "name"),
    } <= found
    assert len(found) > 30


def test_the_address_of_an_image_is_made_long() -> None:
    assert [model for model, _, path in PATHS if "image_url" in path] == [ChatCompletionRequest, ResponsesRequest]


@settings(max_examples=sample(12, 100))
@given(st.sampled_from(TEXTS), st.integers(20_000, 60_000), st.sampled_from(["user", "assistant", "tool", "system"]))
def test_no_field_makes_a_request_larger_than_its_hold(text: str, length: int, role: str) -> None:
    long = text * (length // len(text))
    beginning = json.dumps(long[:1000], ensure_ascii=False)[1:-1]
    taken = 0
    cases = [
        (*each, long_before + long) for each in PATHS for long_before in (IMAGES if "image_url" in each[-1] else ("",))
    ]
    for model, base, path, value in cases:
        question = asked(model, complete(put(json.loads(json.dumps(base)), path, value), role))
        if question is None:
            continue
        if beginning in json.dumps([question.prompt, question.parameters], ensure_ascii=False):
            taken += 1
            assert held_tokens(question) >= sent_bytes(question) / 4, path
    assert taken > 10


@pytest.mark.parametrize("count", [1, 2, 500, 2000])
def test_many_small_messages_are_held_as_sent(count: int) -> None:
    question = asked(ChatCompletionRequest, {"model": "m", "messages": [{"role": "user", "content": "a"}] * count})

    assert question is not None
    assert held_tokens(question) >= len(json.dumps(question.prompt, separators=(",", ":"))) / 4


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "Hi", "name": "n" * 65},
        {"role": "tool", "content": "Hi", "tool_call_id": "c" * 4001},
        {"role": "assistant", "tool_calls": [{"id": "c" * 4001, "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f" * 129, "arguments": "{}"}}]},
    ],
)
def test_a_field_that_need_not_be_long_is_refused_if_it_is(message: dict[str, Any]) -> None:
    assert asked(ChatCompletionRequest, {"model": "m", "messages": [message]}) is None


def test_an_image_counts_the_same_at_any_size() -> None:
    def size(data: str) -> int:
        part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
        return prompt_bytes({"messages": [{"role": "user", "content": [part]}]})

    assert size("A" * 4) == size("A" * 4_000_000)
    assert IMAGE_BYTES < size("A") < IMAGE_BYTES + 200


def test_text_that_looks_like_an_image_counts_as_text() -> None:
    text = "data:image/png;base64," + "A" * 10_000
    for content in (text, [{"type": "text", "text": text}]):
        messages = [{"role": "user", "content": content}]
        assert prompt_characters(messages) > 10_000 < prompt_bytes({"messages": messages})


def test_a_request_may_have_four_times_the_held_bytes_plus_its_images() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5_000_000}}
    plain = {"messages": [{"role": "user", "content": "Hi"}]}
    pictured = {"messages": [{"role": "user", "content": [image]}]}

    assert max_request_bytes(plain, 1000) == 1000 * 12 + 4096
    assert max_request_bytes(pictured, 1000) > 5_000_000 + 1000 * 12
