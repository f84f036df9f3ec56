"""Many questions at the same moment: limits hold to the unit, and every conversation has one answer at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from tests.world import World


@pytest.fixture
async def crowd(world: World) -> AsyncIterator[World]:
    """A world whose people do not queue for connections."""
    await world.http.aclose()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=f"{world.address}/api", timeout=120, limits=limits) as world.http:
        yield world


async def test_of_two_hundred_questions_with_fifty_units_left_exactly_fifty_are_answered(crowd: World) -> None:
    limit = crowd.database.one(
        "update oneai.usage_quotas set used = quota_limit - 50 "
        "where user_id = %s and quota_key = 'small_messages' returning quota_limit",
        crowd.people["asha"],
    )

    heard = await asyncio.gather(*(crowd.ask(f"Question {n}", model="local/echo") for n in range(200)))

    answered = [each for each in heard if each.status == 200]
    refused = [each for each in heard if each.status == 429]
    assert (len(answered), len(refused)) == (50, 150)
    assert {each.last["state"] for each in answered} == {"complete"}
    assert {each.code for each in refused} == {"quota_exceeded"}
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    assert crowd.quota() == (limit, 0)
    assert len(await crowd.told_upstream()) == 50
    assert crowd.database.one("select count(*) from oneai.conversations") == 50


async def test_one_conversation_answers_one_question_at_a_time(crowd: World) -> None:
    conversation = (await crowd.ask()).start["conversation_id"]

    heard = await asyncio.gather(
        *(crowd.ask(f"Question {n}", conversation_id=conversation, model="local/slow", max_tokens=5) for n in range(20))
    )

    assert Counter(each.status for each in heard) == {200: 1, 409: 19}
    assert {each.code for each in heard if each.status == 409} == {"conversation_busy"}
    assert crowd.quota() == (2, 0)


async def test_one_question_sent_twenty_times_is_asked_and_charged_once(crowd: World) -> None:
    message_id = str(uuid4())

    heard = await asyncio.gather(*(crowd.ask("Again", model="local/echo", message_id=message_id) for _ in range(20)))

    assert {(each.status, each.text, each.last["state"]) for each in heard} == {(200, "Again", "complete")}
    assert crowd.quota() == (1, 0)
    assert len(await crowd.told_upstream()) == 1


async def test_two_questions_under_one_id_are_never_both_asked(crowd: World) -> None:
    for _ in range(5):
        message_id = str(uuid4())
        heard = await asyncio.gather(
            *(crowd.ask("One", model="local/echo", message_id=message_id) for _ in range(5)),
            *(crowd.ask("Two", model="local/echo", message_id=message_id) for _ in range(5)),
            *(crowd.ask("One", "ravi", model="local/echo", message_id=message_id) for _ in range(5)),
        )
        answers = Counter((each.status, each.text or each.code) for each in heard)

        assert answers in ({(200, first): 5, (409, "idempotency_conflict"): 10} for first in ("One", "Two"))

    assert len(await crowd.told_upstream()) == 5
    assert crowd.quota("asha")[0] + crowd.quota("ravi")[0] == 5
