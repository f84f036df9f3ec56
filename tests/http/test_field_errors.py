"""A refused field says what is wrong with it: in words for people, and by a code for programs and translations."""

import json
from typing import Any
from uuid import uuid4

import pytest

from openapi import FILE
from tests.world import World

CODES = json.loads(FILE.read_text())["components"]["schemas"]["FieldErrorCode"]["enum"]
NOWHERE = f"/conversations/{uuid4()}"
ADDRESS = {"legal_name": "Asha Rao", "address": "12 MG Road", "country": "IN", "state": "KA"}


def json_of(world: World) -> dict[str, str]:
    """The headers of asha for a raw JSON body."""
    return world.headers(**{"content-type": "application/json"})


def wrong(answer: Any) -> list[tuple[str, str, str]]:
    """Field, code and sentence of each field that was refused."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request"), answer.text
    details = answer.json()["error"]["details"]
    assert {detail["code"] for detail in details} <= set(CODES)
    return [(detail["field"], detail["code"], detail["message"]) for detail in details]


@pytest.mark.parametrize(
    ("path", "body", "field", "code", "message"),
    [
        ("/chat/stream", {"message": " "}, "message", "empty", "The message is empty."),
        ("/chat/stream", {}, "message", "required", "A question needs a message."),
        ("/chat/stream", {"message": 7}, "message", "wrong_type", "This must be text."),
        ("/chat/stream", {"message": "Hi", "more": 1}, "more", "unknown_field", "There is no such field."),
        ("/chat/stream", {"message": "Hi", "temperature": 3}, "temperature", "too_large", "This must be 2 or less."),
        ("/chat/stream", {"message": "Hi", "max_tokens": 0}, "max_tokens", "too_small", "This must be 1 or more."),
        ("/chat/stream", {"message": "Hi", "compare": ["a"]}, "compare", "too_few", "At least 2 are needed."),
        ("/chat/stream", {"message": "Hi", "compare": ["a", "a"]}, "compare", "repeated", "Each model may occur once."),
        ("/chat/stream", {"message": "Hi", "models": ["a"] * 4}, "models", "too_many", "At most 3 are allowed."),
        ("/chat/stream", {"message": "Hi", "message_id": "x"}, "message_id", "wrong_format", "This must be a UUID."),
        ("/quota/quote", {"message": " "}, "message", "empty", "The message is empty."),
        ("/quota/check", {"quota_key": "more"}, "quota_key", "not_a_choice", None),
        ("/conversations", {"title": " "}, "title", "empty", "This says nothing."),
        ("/conversations", {"title": ""}, "title", "empty", "This is empty."),
        ("/conversations", {"title": "x" * 201}, "title", "too_long", "This may have at most 200 characters."),
        ("/conversations", {"metadata": {"a": "\ud800"}}, "metadata", "not_text", "This is not text."),
        ("/conversations", [], "body", "wrong_type", "This must be an object."),
        ("/conversations/bulk", {"ids": [], "action": "delete"}, "ids", "too_few", "At least 1 is needed."),
        ("/conversations/bulk", {"action": "delete"}, "ids", "required", "This is needed."),
        ("/uploads", {"name": "a", "type": "video/mp4", "size": 1}, "type", "unsupported_type", None),
        ("/subscription/create", {"plan_id": "gold"}, "plan_id", "unknown_plan", "There is no such plan."),
        ("/subscription/create", {"plan_id": "free"}, "plan_id", "free_plan", None),
    ],
    ids=str,
)
async def test_a_field_is_refused_with_a_message_and_a_code(
    path: str, body: Any, field: str, code: str, message: str | None, *, shared: World
) -> None:
    answer = await shared.http.post(path, content=json.dumps(body), headers=json_of(shared))

    ((said_field, said_code, said),) = wrong(answer)
    assert (said_field, said_code) == (field, code)
    assert said == message or (message is None and said.endswith("."))
    # With one thing wrong, the sentence above says which.
    assert answer.json()["error"]["message"] in (said, f"{field}: {said}")


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"limit": "0"}, "limit", "too_small"),
        ({"limit": "x"}, "limit", "wrong_type"),
        ({"sort": "size"}, "sort", "not_a_choice"),
        ({"pinned": "perhaps"}, "pinned", "wrong_type"),
        ({"cursor": "garbage"}, "cursor", "not_a_cursor"),
        ({"from": "yesterday"}, "from", "wrong_format"),
    ],
    ids=str,
)
async def test_a_parameter_is_refused_by_name_and_code(
    query: dict[str, str], field: str, code: str, shared: World
) -> None:
    ((said_field, said_code, _),) = wrong(await shared.get("/conversations", **query))

    assert (said_field, said_code) == (field, code)


async def test_all_invalid_fields_are_named_together(shared: World) -> None:
    answer = await shared.http.put("/subscription/billing-details", json={}, headers=shared.headers())

    assert [field for field, _, _ in wrong(answer)] == ["legal_name", "address", "country", "state"]
    assert answer.json()["error"]["message"] == "Some fields are wrong: legal_name, address, country, state."


@pytest.mark.parametrize("path", ["/conversations", "/chat/stream", "/quota/quote"])
async def test_a_body_that_is_not_json_is_refused_as_such(path: str, shared: World) -> None:
    answer = await shared.http.post(path, content='{"message": "Hi', headers=json_of(shared))

    assert wrong(answer) == [("body", "not_json", "This is not JSON.")]
    assert answer.json()["error"]["message"] == "body: This is not JSON."


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"country": "XX"}, "country", "unknown_country"),
        ({"state": "XX"}, "state", "unknown_state"),
        ({"legal_name": "阿莎"}, "legal_name", "unsupported_letters"),
        ({"gstin": "29ABCDE1234F1Z"}, "gstin", "wrong_format"),
        ({"gstin": "29ABCDE1234F1Z5"}, "gstin", "wrong_check_digit"),
        ({"gstin": "27AAPFU0939F1ZV"}, "gstin", "wrong_state"),
    ],
)
async def test_billing_details_state_what_does_not_fit(
    more: dict[str, str], field: str, code: str, shared: World
) -> None:
    answer = await shared.http.put("/subscription/billing-details", json=ADDRESS | more, headers=shared.headers())

    ((said_field, said_code, _),) = wrong(answer)
    assert (said_field, said_code) == (field, code)


async def test_a_refusal_by_the_database_has_a_code_too(shared: World) -> None:
    start = (await shared.ask("Hello")).start

    answer = await shared.post("/chat/stream", {"message": "Hi", "edit_of": start["message_id"]})
    assert [code for _, code, _ in wrong(answer)] == ["not_a_question"]
    answer = await shared.post("/chat/stream", {"regenerate_of": start["user_message_id"]})
    assert [code for _, code, _ in wrong(answer)] == ["not_an_answer"]
    more = {"conversation_id": start["conversation_id"], "temporary": True}
    answer = await shared.post("/chat/stream", {"message": "Hi", **more})
    assert [code for _, code, _ in wrong(answer)] == ["already_kept"]
