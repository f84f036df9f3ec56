"""The UI message stream over HTTP: what a question of `useChat` becomes, and how it is refused."""

import asyncio
import base64
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.test_openapi import named, validator
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


def message(*parts: dict[str, Any], id: str = "m-1", role: str = "user") -> dict[str, Any]:
    """A message as `useChat` has it."""
    return {"id": id, "role": role, "parts": list(parts)}


def text(content: str) -> dict[str, Any]:
    """A part of text."""
    return {"type": "text", "text": content}


def body(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The request of `useChat`: a greeting in a new chat, unless the test names another."""
    sent = list(messages) or [message(text("Hello"))]
    return {"id": str(uuid4()), "messages": sent, "trigger": "submit-message", "model": "local/echo", **fields}


def chunks(response: httpx.Response) -> list[dict[str, Any]]:
    """The chunks of a stream, which ends with `[DONE]`."""
    assert response.status_code == 200, response.text
    *lines, done = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line.startswith("data: ")]
    assert done == "[DONE]"
    return [json.loads(line) for line in lines]


def answer_in(stream: list[dict[str, Any]]) -> str:
    """The text of an answer."""
    return "".join(chunk["delta"] for chunk in stream if chunk["type"] == "text-delta")


def refusal(response: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """Status and code of a refusal, and field and code of each detail."""
    error = response.json()["error"]
    details = [(each["field"], each["code"]) for each in error.get("details", [])]
    return response.status_code, error["code"], details


@pytest.mark.parametrize("model", ["reasoning", "echo", "error-midway", "empty", "thinks-to-the-limit", "crlf-split"])
async def test_every_chunk_matches_the_document(model: str, shared: World) -> None:
    response = await shared.post("/chat/ui-stream", body(model=f"local/{model}"), shared.newcomer())

    assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"].startswith("no-store")
    assert int(response.headers["ratelimit-remaining"]) >= 0
    stream = chunks(response)
    for chunk in stream:
        validator(named("UIMessageChunk")).validate(chunk)
    assert [chunk["type"] for chunk in stream[:2]] == ["start", "start-step"]
    assert stream[-1]["type"] in ("finish", "error")
    started = [chunk["id"] for chunk in stream if chunk["type"].endswith("-start")]
    assert len(set(started)) == len(started)
    assert started == [chunk["id"] for chunk in stream if chunk["type"] in ("text-end", "reasoning-end")]


async def test_a_message_sent_twice_is_asked_once(shared: World) -> None:
    who = shared.newcomer()
    sent = body(id="chat-1")

    first, second = [chunks(await shared.post("/chat/ui-stream", sent, who)) for _ in range(2)]

    assert second[0] == first[0]
    assert answer_in(second) == answer_in(first) == "Hello"
    assert second[-1] == first[-1]
    assert shared.quota(who) == (1, 0)


async def test_a_message_sent_many_times_concurrently_is_asked_once(shared: World) -> None:
    who = shared.newcomer()
    sent = body(id="chat-1")

    streams = await asyncio.gather(*(shared.post("/chat/ui-stream", sent, who) for _ in range(5)))

    assert {answer_in(chunks(each)) for each in streams} == {"Hello"}
    assert len({chunks(each)[0]["messageId"] for each in streams}) == 1
    assert shared.quota(who) == (1, 0)


async def test_an_id_reused_for_another_question_is_a_conflict(shared: World) -> None:
    who = shared.newcomer()
    chunks(await shared.post("/chat/ui-stream", body(id="chat-1"), who))

    other = await shared.post("/chat/ui-stream", body(message(text("Good bye")), id="chat-1"), who)

    assert refusal(other) == (409, "idempotency_conflict", [])
    assert shared.quota(who) == (1, 0)


async def test_the_same_ids_of_two_users_are_two_conversations(shared: World) -> None:
    asha, ravi = [chunks(await shared.post("/chat/ui-stream", body(id="chat"), who)) for who in ("asha", "ravi")]

    assert asha[0]["messageMetadata"]["conversation_id"] != ravi[0]["messageMetadata"]["conversation_id"]


async def test_a_message_id_of_another_user_is_a_conflict_and_changes_nothing(shared: World) -> None:
    question = str(uuid4())
    chunks(await shared.post("/chat/ui-stream", body(message(text("Hello"), id=question)), "asha"))

    taken = await shared.post("/chat/ui-stream", body(message(text("Mine"), id=question)), "ravi")

    assert refusal(taken) == (409, "idempotency_conflict", [])
    assert shared.database.one("select content from oneai.chat_messages where id = %s", question) == "Hello"


async def test_a_chat_continues_a_conversation_created_elsewhere(shared: World) -> None:
    start = (await shared.ask("Hello", model="local/echo")).start
    history = [message(text("Hello"), id=start["user_message_id"])]

    sent = body(*history, message(text("Go on"), id="m-2"), id=start["conversation_id"])
    stream = chunks(await shared.post("/chat/ui-stream", sent))

    assert stream[0]["messageMetadata"]["conversation_id"] == start["conversation_id"]
    page = (await shared.get(f"/conversations/{start['conversation_id']}/messages")).json()["items"]
    assert [each["content"] for each in page] == ["Hello", "Hello", "Go on", "Go on"]


async def test_an_idempotency_key_names_a_regenerated_answer(shared: World) -> None:
    who = shared.newcomer()
    sent = body()
    answer = chunks(await shared.post("/chat/ui-stream", sent, who))[0]["messageId"]
    headers = shared.headers(who, **{"idempotency-key": "again"})

    regeneration = {**sent, "trigger": "regenerate-message", "messageId": answer}
    first, second = [
        chunks(await shared.http.post("/chat/ui-stream", json=regeneration, headers=headers)) for _ in range(2)
    ]

    assert first[0] == second[0]
    assert shared.quota(who) == (2, 0)


async def test_a_busy_conversation_is_refused_and_its_answer_continues(shared: World) -> None:
    who = shared.newcomer()
    sent = body(model="local/slow", max_tokens=20)
    headers = shared.headers(who)
    async with shared.http.stream("POST", "/chat/ui-stream", json=sent, headers=headers) as stream:
        lines = stream.aiter_lines()
        start = json.loads((await anext(lines)).removeprefix("data: "))
        regenerated = await shared.post("/chat/ui-stream", {**sent, "trigger": "regenerate-message"}, who)
        resumed = chunks(await shared.get(f"/chat/ui-stream/{sent['id']}", who))

    assert refusal(regenerated) == (409, "conversation_busy", [])
    assert resumed[0] == start
    assert answer_in(resumed) == "slowly " * 20
    assert shared.quota(who) == (1, 0)


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("path", ["/chat/ui-stream/{id}", "/chat/ui-stream/{id}/stream"])
async def test_only_its_owner_can_resume_an_answer(path: str, shared: World) -> None:
    sent = body(model="local/slow", max_tokens=20)
    async with shared.http.stream("POST", "/chat/ui-stream", json=sent, headers=shared.headers()) as stream:
        await anext(stream.aiter_lines())
        stranger = await shared.get(path.format(id=sent["id"]), "ravi")
        assert (stranger.status_code, stranger.content) == (204, b"")
        assert answer_in(chunks(await shared.get(path.format(id=sent["id"])))) == "slowly " * 20


async def test_a_used_up_quota_refuses_before_the_stream(shared: World) -> None:
    who = shared.newcomer()
    chunks(await shared.post("/chat/ui-stream", body(), who))
    shared.database.rows("update oneai.usage_quotas set used = quota_limit where workspace_id = %s", shared.people[who])

    refused = await shared.post("/chat/ui-stream", body(), who)

    assert refusal(refused) == (429, "quota_exceeded", [])
    assert refused.headers["retry-after"]


def file(data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
    """A part that is a file."""
    url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    return {"type": "file", "mediaType": media_type, "url": url, **more}


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        (body(message()), "messages.0.parts", "empty"),
        (body(message(text(" "))), "messages.0.parts", "empty"),
        (body(message(text("Hello"), role="assistant")), "messages.0.role", "not_a_question"),
        (body(message(text("Hello"), id="")), "messages.0.id", "empty"),
        (body(message({"type": "text"})), "messages.0.parts.0", "required"),
        (body(message(text("Hello"), {"type": "file", "url": "data:,"})), "messages.0.parts.1", "required"),
        (body(message(text("Hello"), file(b"no picture", "image/png"))), "messages.0.parts.1", "content_mismatch"),
        (body(message(text("Hello"), file(b"\xff\xfe\xfd", "text/plain"))), "messages.0.parts.1", "not_text"),
        (body(message(text("Hello"), file(b"", "video/mp4"))), "messages.0.parts.1", "unsupported_type"),
        (body(temperature=3), "temperature", "too_large"),
        (body(trigger="resume-stream"), "trigger", "not_a_choice"),
        (body(id=""), "id", "empty"),
        ({**body(), "messages": []}, "messages", "too_few"),
        ({**body(), "messages": ["Hello"]}, "messages.0", "wrong_type"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
async def test_an_invalid_field_is_named_as_the_client_sent_it(
    sent: dict[str, Any], field: str, code: str, shared: World
) -> None:
    assert refusal(await shared.post("/chat/ui-stream", sent)) == (422, "invalid_request", [(field, code)])


async def test_additions_of_other_versions_and_pages_are_ignored(shared: World) -> None:
    greeting = message({"type": "tool-weather", "url": 5}, role="assistant", id="greeting")
    mood: dict[str, Any] = {"type": "data-mood", "data": {"mood": "good"}}
    parts = [{"type": "step-start"}, mood, text("Hello")]

    stream = chunks(await shared.post("/chat/ui-stream", body(greeting, message(*parts), page="/c/1", messageId=None)))

    assert answer_in(stream) == "Hello"
