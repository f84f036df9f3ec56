"""The same question under the same id is one question, however often it arrives."""

import asyncio
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from oneai import settings
from tests.chat.traces import nothing_happens
from tests.world import StreamResult, World

pytestmark = pytest.mark.sampled(0.4)


async def asked(world: World, words: str) -> int:
    """How often the upstream was asked something with these words."""
    return sum(words in body["messages"][-1]["content"] for body in await world.sent_upstream())


async def conflict(world: World, who: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """A question whose id is taken; the `error` object."""
    async with nothing_happens(world, who):
        answer = await world.http.post("/chat/stream", json=body, headers=world.headers(who, **headers))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_conflict")
    error: dict[str, Any] = answer.json()["error"]
    return error


def same(again: StreamResult, first: StreamResult) -> None:
    """The same stream from its start."""
    assert again.start == first.start
    assert (again.text, again.last) == (first.text, first.last)


async def test_repeating_a_finished_question_streams_the_same_answer_for_free(shared: World) -> None:
    who, answer_id = shared.newcomer(), str(uuid4())

    first = await shared.ask("Once after the end", who, message_id=answer_id)
    again = await shared.ask("Once after the end", who, message_id=answer_id)

    assert first.start["message_id"] == answer_id
    same(again, first)
    assert shared.quota(who) == (1, 0)
    assert await asked(shared, "Once after the end") == 1
    assert len((await shared.get("/conversations", who)).json()["items"]) == 1


async def test_repeating_a_running_question_streams_all_of_it_to_both(shared: World) -> None:
    who, body = shared.newcomer(), {"message_id": str(uuid4()), "model": "local/slow"}

    async with shared.asking("Once while it runs", who, **body) as first:
        for _ in range(3):
            assert await first.next() is not None
        async with shared.asking("Once while it runs", who, **body) as again:
            for _ in range(3):
                assert await again.next() is not None
            assert again.result.start == first.result.start
            await shared.post("/chat/stop", {"message_id": body["message_id"]}, who)
            await again.to_the_end()
        await first.to_the_end()

    same(again.result, first.result)
    assert first.result.last["state"] == "stopped"
    assert shared.quota(who) == (1, 0)
    assert await asked(shared, "Once while it runs") == 1


async def test_four_concurrent_repeats_are_one_question(shared: World) -> None:
    who, answer_id = shared.newcomer(), str(uuid4())

    result = await asyncio.gather(*(shared.ask("Four at once", who, message_id=answer_id) for _ in range(4)))

    for each in result:
        same(each, result[0])
    assert shared.quota(who) == (1, 0)
    assert await asked(shared, "Four at once") == 1


async def test_a_repeat_may_name_the_conversation_created_by_the_first(shared: World) -> None:
    who, answer_id = shared.newcomer(), str(uuid4())
    first = await shared.ask("Where am I?", who, message_id=answer_id)
    conversation = first.start["conversation_id"]

    same(await shared.ask("Where am I?", who, message_id=answer_id, conversation_id=conversation), first)

    second = await shared.ask("And now?", who, message_id=str(uuid4()), conversation_id=conversation)
    same(await shared.ask("And now?", who, message_id=second.start["message_id"], conversation_id=conversation), second)


async def test_a_failed_answer_fails_again_without_a_new_request(shared: World) -> None:
    who, body = shared.newcomer(), {"message_id": str(uuid4()), "model": "local/empty"}

    first = await shared.ask("Nothing comes", who, **body)
    again = await shared.ask("Nothing comes", who, **body)

    assert again.start == first.start
    assert (again.code, again.last["state"]) == (first.code, first.last["state"]) == ("empty_answer", "failed")
    assert again.last["request_id"] == again.headers["x-request-id"]
    assert shared.quota(who) == (0, 0)
    assert await asked(shared, "Nothing comes") == 1


@pytest.mark.parametrize(
    "other",
    [
        {"message": "Another question"},
        {"model": "openai/gpt-4.1"},
        {"models": ["local/echo"]},
        {"temperature": 0.5},
        {"max_tokens": 10},
        {"reasoning": {"effort": "low"}},
        {"conversation_id": "00000000-0000-4000-8000-000000000000"},
    ],
    ids=str,
)
async def test_another_question_under_the_same_id_is_a_conflict(other: dict[str, Any], shared: World) -> None:
    who, body = shared.newcomer(), {"message": "The question", "message_id": str(uuid4())}
    await shared.ask(body["message"], who, message_id=body["message_id"])

    assert set(await conflict(shared, who, {**body, **other})) == {"code", "message"}


async def test_a_later_question_is_not_a_repeat_of_the_first(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("Hello", who)
    later = await shared.ask("Hello", who, conversation_id=first.start["conversation_id"])

    await conflict(shared, who, {"message": "Hello", "message_id": later.start["message_id"]})


async def test_an_id_used_by_another_user_is_a_conflict_that_reveals_nothing(shared: World) -> None:
    body = {"message": "Mine", "message_id": (await shared.ask("Mine", "asha")).start["message_id"]}

    theirs = await conflict(shared, "ravi", body)

    own = await conflict(shared, "asha", {**body, "message": "Not what I asked"})
    assert theirs == own


async def test_the_id_of_a_question_is_taken_too(shared: World) -> None:
    question = (await shared.ask("Mine", "asha")).start["user_message_id"]

    await conflict(shared, "asha", {"message": "Mine", "message_id": question})


async def test_an_idempotency_key_maps_to_an_id_of_its_user(shared: World) -> None:
    mine, yours = shared.newcomer(), shared.newcomer()
    key = {"idempotency-key": "order-7"}

    first = await shared.ask("With a key", mine, headers=key)
    again = await shared.ask("With a key", mine, headers=key)
    other = await shared.ask("With a key", yours, headers=key)

    assert UUID(first.start["message_id"]) == uuid5(shared.people[mine], "order-7")
    same(again, first)
    assert other.start["message_id"] != first.start["message_id"]
    assert (shared.quota(mine), shared.quota(yours)) == ((1, 0), (1, 0))
    await conflict(shared, mine, {"message": "Something else"}, **key)


async def test_the_id_in_the_body_takes_precedence_over_the_header(shared: World) -> None:
    who, answer_id = shared.newcomer(), str(uuid4())

    result = await shared.ask("Both", who, message_id=answer_id, headers={"idempotency-key": "order-8"})

    assert result.start["message_id"] == answer_id


async def test_an_old_answer_can_be_replayed_even_if_new_questions_are_refused(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, answer_id = shared.newcomer(), str(uuid4())
    body = {"message_id": answer_id, "model": "openai/gpt-4.1"}
    first = await shared.ask("Before it was all gone", who, **body)
    shared.database.rows(
        "update oneai.usage_quotas set used = quota_limit where workspace_id = %s and quota_key = 'small_messages'",
        shared.people[who],
    )

    # Neither quota nor plan nor the catalogue is asked for what is already there.
    monkeypatch.setenv("MODELS_DENY", "openai/*")
    settings.reset_cache()
    same(await shared.ask("Before it was all gone", who, **body), first)
    await conflict(shared, who, {"message": "Something else", **body})
    unknown = await shared.post("/chat/stream", {"message": "New", "model": "openai/gpt-4.1"}, who)
    assert (unknown.status_code, unknown.json()["error"]["model"]) == (400, "openai/gpt-4.1")
    monkeypatch.undo()
    settings.reset_cache()


async def test_a_reader_who_leaves_at_once_and_repeats_the_question_gets_the_answer(shared: World) -> None:
    who, body = shared.newcomer(), {"message": "Impatient", "message_id": str(uuid4()), "model": "local/long"}
    client = httpx.AsyncClient(base_url=f"{shared.address}/api")
    async with client, client.stream("POST", "/chat/stream", json=body, headers=shared.headers(who)) as response:
        assert response.status_code == 200

    again = await shared.ask("Impatient", who, message_id=body["message_id"], model=body["model"])

    assert again.last["state"] == "complete"
    assert again.text.endswith("word999 ")
    assert await asked(shared, "Impatient") == 1
    assert shared.quota(who) == (1, 0)
