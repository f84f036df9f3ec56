"""Revisions that may not be, that come twice, or all at once: refused without a trace, or done and charged once."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from tests.chat.branches import seen, tree
from tests.chat.traces import fields, nothing_happens, refused
from tests.patience import until
from tests.world import StreamResult, World

ECHO = {"model": "local/echo"}
NOWHERE = "00000000-0000-4000-8000-000000000000"


async def first_answer(world: World, who: str | None = None) -> tuple[str, dict[str, str]]:
    """A user, and the ids of their first turn."""
    who = who or world.newcomer()
    return who, (await world.ask("First", who, **ECHO)).start


async def repeated(world: World, who: str, status: int, code: str, **body: Any) -> dict[str, Any]:
    """As `refused`, for a body without a message."""
    async with nothing_happens(world, who):
        answer = await world.post("/chat/stream", body, who)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


async def test_an_answer_cannot_be_edited_and_a_question_cannot_be_regenerated(shared: World) -> None:
    who, start = await first_answer(shared)

    edit = await refused(shared, who, 422, "invalid_request", edit_of=start["message_id"])
    again = await repeated(shared, who, 422, "invalid_request", regenerate_of=start["user_message_id"])

    assert (fields(edit), fields(again)) == (["edit_of"], ["regenerate_of"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message": "Hello", "edit_of": NOWHERE, "regenerate_of": NOWHERE}, "regenerate_of"),
        ({"message": "Hello", "regenerate_of": NOWHERE}, "message"),
        ({"message": None}, "message"),
        ({"edit_of": NOWHERE}, "message"),
        ({"message": " ", "edit_of": NOWHERE}, "message"),
        ({"message": "Hello", "edit_of": "first"}, "edit_of"),
        ({"regenerate_of": 7}, "regenerate_of"),
        ({"message": "Hello", "temporary": "yes"}, "temporary"),
        ({}, "message"),
    ],
    ids=str,
)
async def test_an_invalid_body_is_refused_by_its_field(body: dict[str, Any], field: str, shared: World) -> None:
    assert fields(await repeated(shared, "asha", 422, "invalid_request", **body)) == [field]


async def test_messages_of_other_users_and_conversations_are_not_found(shared: World) -> None:
    who, start = await first_answer(shared)
    _, theirs = await first_answer(shared)
    _, elsewhere = await first_answer(shared, who)
    here = {"conversation_id": start["conversation_id"]}

    for question, answer, named in (
        (theirs["user_message_id"], theirs["message_id"], {}),
        (theirs["user_message_id"], theirs["message_id"], {"conversation_id": theirs["conversation_id"]}),
        (theirs["user_message_id"], theirs["message_id"], here),
        (elsewhere["user_message_id"], elsewhere["message_id"], here),
        (NOWHERE, NOWHERE, {}),
        (NOWHERE, NOWHERE, here),
    ):
        await refused(shared, who, 404, "not_found", edit_of=question, **named)
        await repeated(shared, who, 404, "not_found", regenerate_of=answer, **named)


async def test_a_running_answer_blocks_other_questions_in_its_conversation(shared: World) -> None:
    who, start = await first_answer(shared)
    talk = {"conversation_id": start["conversation_id"]}
    async with shared.asking("Slowly", who, model="local/slow", **talk) as stream:
        for _ in range(3):
            await stream.next()
        running = stream.result.start["message_id"]

        bodies: list[dict[str, Any]] = [
            {"message": "Another", **talk},
            {"message": "Edited", "edit_of": start["user_message_id"]},
            {"message": "Edited", "edit_of": stream.result.start["user_message_id"]},
            {"regenerate_of": start["message_id"]},
            {"regenerate_of": running},
            {"regenerate_of": start["message_id"], "compare": ["local/echo", "local/slow"]},
        ]
        for body in bodies:
            answer = await shared.post("/chat/stream", body, who)
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conversation_busy"), body
            assert answer.json()["error"]["message_id"] == running
            assert 0 < int(answer.headers["retry-after"]) <= 30
        assert len(tree(shared, talk["conversation_id"])) == 4

        await shared.post("/chat/stop", {"message_id": running}, who)
        await stream.to_the_end()
    assert (await shared.ask(None, who, regenerate_of=running, **ECHO)).last["state"] == "complete"


async def test_exactly_one_of_many_concurrent_revisions_is_answered(shared: World) -> None:
    who, start = await first_answer(shared)
    slow = {"model": "local/slow", "max_tokens": 3}

    asked = [
        *(shared.ask("Sent", who, conversation_id=start["conversation_id"], **slow) for _ in range(5)),
        *(shared.ask("Edited", who, edit_of=start["user_message_id"], **slow) for _ in range(5)),
        *(shared.ask(None, who, regenerate_of=start["message_id"], **slow) for _ in range(5)),
    ]
    async with shared.silence():
        asking = [asyncio.create_task(each) for each in asked]
        await until(lambda: sum(task.done() for task in asking) >= 14)
    result: list[StreamResult] = await asyncio.gather(*asking)

    assert Counter(each.status for each in result) == {200: 1, 409: 14}
    assert {each.code for each in result if each.status == 409} == {"conversation_busy"}
    assert shared.quota(who) == (2, 0)


@pytest.mark.parametrize("kind", ["edit", "regenerate"])
async def test_a_repeated_revision_is_the_same_stream_and_charged_once(kind: str, shared: World) -> None:
    who, start = await first_answer(shared)
    body: dict[str, Any] = {"message_id": str(uuid4()), **ECHO}
    body |= {"edit_of": start["user_message_id"]} if kind == "edit" else {"regenerate_of": start["message_id"]}
    text = "Edited" if kind == "edit" else None

    first = await shared.ask(text, who, **body)
    again = await shared.ask(text, who, **body)
    at_once = await asyncio.gather(
        *(shared.ask(text, who, conversation_id=start["conversation_id"], **body) for _ in range(5))
    )

    for each in (again, *at_once):
        assert (each.start, each.text, each.last) == (first.start, first.text, first.last)
    assert shared.quota(who) == (2, 0)
    assert len(tree(shared, start["conversation_id"])) == (4 if kind == "edit" else 3)


async def test_concurrent_repeats_of_a_revision_are_one(shared: World) -> None:
    who, start = await first_answer(shared)
    body = {"message_id": str(uuid4()), "regenerate_of": start["message_id"]}

    result = await asyncio.gather(*(shared.ask(None, who, **body) for _ in range(4)))

    assert {(each.status, each.text, each.last["state"]) for each in result} == {(200, "First", "complete")}
    assert shared.quota(who) == (2, 0)
    assert len(tree(shared, start["conversation_id"])) == 3


async def test_the_same_id_for_another_revision_is_a_conflict(shared: World) -> None:
    who, start = await first_answer(shared)
    answer = (await shared.ask("Edited", who, edit_of=start["user_message_id"])).start["message_id"]

    for body in ({"message": "Edited"}, {"message": "Other", "edit_of": start["user_message_id"]}):
        conflict = await shared.post("/chat/stream", {**body, "message_id": answer}, who)
        assert (conflict.status_code, conflict.json()["error"]["code"]) == (409, "idempotency_conflict")
    await repeated(
        shared, who, 409, "idempotency_conflict", regenerate_of=start["message_id"], message_id=answer, **ECHO
    )


async def test_a_revision_without_units_is_refused(shared: World) -> None:
    who, start = await first_answer(shared)
    shared.database.rows("update oneai.usage_quotas set used = quota_limit where workspace_id = %s", shared.people[who])

    await refused(shared, who, 429, "quota_exceeded", edit_of=start["user_message_id"])
    await repeated(shared, who, 429, "quota_exceeded", regenerate_of=start["message_id"])

    assert seen(shared, start["conversation_id"]) == ["First", "First"]


async def test_a_failed_revision_is_free_and_can_be_repeated(shared: World) -> None:
    who, start = await first_answer(shared)

    for used in (1, 1, 1):
        failed = await shared.ask(None, who, regenerate_of=start["message_id"], model="local/empty")
        assert (failed.last["state"], shared.quota(who)) == ("failed", (used, 0))
    cut = await shared.ask(None, who, regenerate_of=start["message_id"], model="local/eof-midway")

    assert (cut.last["state"], shared.quota(who)) == ("truncated", (2, 0))
    assert (await shared.ask(None, who, regenerate_of=start["message_id"])).last["state"] == "complete"
    assert shared.quota(who) == (3, 0)


async def test_a_question_now_too_long_for_the_plan_is_not_regenerated(shared: World) -> None:
    who, start = await first_answer(shared)
    shared.database.rows(
        "update oneai.chat_messages set content = repeat('long ', 30000) where id = %s", start["user_message_id"]
    )

    error = await repeated(shared, who, 422, "invalid_request", regenerate_of=start["message_id"])

    assert fields(error) == ["regenerate_of"]
