"""Many questions at the same moment: limits hold to the unit, and every conversation has one answer at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from oneai import settings
from oneai.postgres import db, pool
from tests.database.rows import hold_locks
from tests.patience import until
from tests.world import StreamResult, World


@pytest.fixture
async def crowd(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world whose people do not queue for connections to it, and may have many answers written at once."""
    monkeypatch.setenv("ANSWERS_AT_ONCE", "free=200")
    settings.reset_cache()
    await world.http.aclose()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=f"{world.address}/api", timeout=120, limits=limits) as world.http:
        yield world


async def insistent(crowd: World, question: str, message_id: str) -> StreamResult:
    """Asks as a client does: where it hears that too many wait for Postgres, it asks the same again."""
    while (result := await crowd.ask(question, model="local/echo", message_id=message_id)).status == 503:
        assert result.code == "busy"
        await asyncio.sleep(int(result.headers["retry-after"]))
    return result


async def all_settled(crowd: World) -> None:
    """One whose connection was waited for too long is settled a moment after it was heard."""
    await until(lambda: crowd.quota()[1] == 0)


def leave(crowd: World, units: int) -> int:
    """Leaves asha this many units of her limit. Returns the limit."""
    limit: int = crowd.database.one(
        "update oneai.usage_quotas set used = quota_limit - %s "
        "where workspace_id = %s and quota_key = 'small_messages' returning quota_limit",
        *(units, crowd.people["asha"]),
    )
    return limit


@pytest.mark.exhaustive
async def test_two_hundred_concurrent_questions_with_fifty_units_get_fifty_answers(crowd: World) -> None:
    limit = leave(crowd, 50)

    result = await asyncio.gather(*(insistent(crowd, f"Question {n}", str(uuid4())) for n in range(200)))

    answered = [each for each in result if each.status == 200]
    refused = [each for each in result if each.status == 429]
    assert (len(answered), len(refused)) == (50, 150)
    assert {each.last["state"] for each in answered} == {"complete"}
    assert {each.code for each in refused} == {"quota_exceeded"}
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    await all_settled(crowd)
    assert crowd.quota() == (limit, 0)
    assert len(await crowd.sent_upstream()) == 50
    assert crowd.database.one("select count(*) from oneai.conversations") == 50


async def test_a_question_that_waited_too_long_for_postgres_is_free_until_asked_again(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "2")
    settings.reset_cache()
    await db.close()
    # Both are open before anything is in a hurry: on a busy machine that takes longer than the tenth of a second.
    async with pool.borrow(), pool.borrow():
        limit = leave(crowd, 5)

    async with hold_locks(crowd.database, "select from oneai.users where id = %s for update", crowd.people["asha"]):
        with monkeypatch.context() as impatient:
            impatient.setattr(pool, "WAIT_SECONDS", 0.1)
            asked = {
                each: asyncio.create_task(crowd.ask("Hello", model="local/echo", message_id=each))
                for each in (str(uuid4()) for _ in range(12))
            }
            await until(lambda: sum(task.done() for task in asked.values()) == 10)
        sent_away = [each for each, task in asked.items() if task.done()]
        assert {asked[each].result().code for each in sent_away} == {"busy"}
        assert crowd.quota() == (limit - 5, 0)

    result = await asyncio.gather(*(insistent(crowd, "Hello", each) for each in asked))

    assert Counter(each.status for each in result) == {200: 5, 429: 7}
    await all_settled(crowd)
    assert crowd.quota() == (limit, 0)
    assert len(await crowd.sent_upstream()) == 5


async def test_a_conversation_answers_one_question_at_a_time(crowd: World) -> None:
    conversation = (await crowd.ask()).start["conversation_id"]
    asked = [
        asyncio.create_task(crowd.ask(f"Question {n}", conversation_id=conversation, model="local/hang-midway"))
        for n in range(20)
    ]

    await until(lambda: sum(task.done() for task in asked) == 19)
    refused = [task.result() for task in asked if task.done()]
    assert {(each.status, each.code) for each in refused} == {(409, "conversation_busy")}
    (running,) = {each.body["error"]["message_id"] for each in refused}
    assert (await crowd.post("/chat/stop", {"message_id": running})).status_code == 202
    (answered,) = [result for result in await asyncio.gather(*asked) if result.status == 200]
    assert (answered.start["message_id"], answered.last["state"]) == (running, "stopped")
    assert crowd.quota() == (2, 0)


async def test_one_question_sent_twenty_times_is_asked_and_charged_once(crowd: World) -> None:
    message_id = str(uuid4())

    result = await asyncio.gather(*(crowd.ask("Again", model="local/echo", message_id=message_id) for _ in range(20)))

    whole = [each for each in result if each.names[-1] == "done"]
    assert {(each.status, each.text, each.last["state"]) for each in whole} == {(200, "Again", "complete")}
    # Of those that followed it while it was written, a newer one may have taken the place.
    assert {(each.code, each.last["state"]) for each in result if each not in whole} <= {("rate_limited", "streaming")}
    assert crowd.quota() == (1, 0)
    assert len(await crowd.sent_upstream()) == 1


async def test_two_questions_under_one_id_are_never_both_asked(crowd: World) -> None:
    for _ in range(5):
        message_id = str(uuid4())
        result = await asyncio.gather(
            *(crowd.ask("One", model="local/echo", message_id=message_id) for _ in range(4)),
            *(crowd.ask("Two", model="local/echo", message_id=message_id) for _ in range(4)),
            *(crowd.ask("One", "ravi", model="local/echo", message_id=message_id) for _ in range(4)),
        )
        answers = Counter((each.status, each.text or each.code) for each in result)

        assert answers in ({(200, first): 4, (409, "idempotency_conflict"): 8} for first in ("One", "Two"))

    assert len(await crowd.sent_upstream()) == 5
    assert crowd.quota("asha")[0] + crowd.quota("ravi")[0] == 5
