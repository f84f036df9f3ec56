"""Questions that arrive together, over as many connections."""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from typing import Any
from uuid import UUID, uuid4

import pytest

from oneai import settings
from oneai.errors import IdempotencyConflict
from oneai.postgres import db
from tests.database.conftest import TurnClients
from tests.database.rows import hold_locks, wait_for_blocked
from tests.database.turns import TERMS, TurnClient, code, quota, set_quota, spend
from tests.world import Database


async def test_one_of_many_concurrent_questions_to_a_conversation_is_admitted(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    first = await client.admit(asha)
    await client.settle(first.message_id)

    asked = [each.admit(asha, f"{n}", conversation=first.conversation_id) for n, each in enumerate(await clients(16))]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)

    assert Counter(map(code, outcomes)) == {"new": 1, "conversation_busy": 15}
    assert quota(database, asha) == (1, 1)
    assert database.one("select count(*) from oneai.chat_messages") == 4


async def test_concurrent_copies_of_a_question_are_asked_and_held_once(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    message_id = uuid4()

    outcomes = await asyncio.gather(
        *(each.admit(asha, message_id=message_id) for each in await clients(16)), return_exceptions=True
    )

    assert Counter(map(code, outcomes)) == {"new": 1, "replay": 15}
    assert quota(database, asha) == (0, 1)
    assert database.one("select count(*) from oneai.conversations") == 1


async def test_two_users_who_choose_the_same_id_get_one_answer_and_one_conflict(
    database: Database, monkeypatch: pytest.MonkeyPatch, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    settings.reset_cache()
    message_id = uuid4()
    terms = json.dumps({"free": {"history_bytes": 0, "answers": [TERMS]}})
    answer = {"id": str(message_id), "model": "maker/small"}
    ask = json.dumps({"message": "Hello", "fingerprint": "Hello", "answers": [answer]})

    async def ravi_asks() -> None:
        await db.call("select oneai.admit(%s, %s, %s, %s)", [ravi, message_id, ask, terms])

    # Asha's admit is held up where it counts the cost: her reservation is there, but not yet visible.
    await client.settle((await client.admit(asha)).message_id)
    async with hold_locks(database, "select from oneai.daily_spend for update"):
        hers = asyncio.create_task(client.admit(asha, message_id=message_id))
        await wait_for_blocked(database, 1)
        his = asyncio.create_task(ravi_asks())
        await wait_for_blocked(database, 2)

    await hers
    with pytest.raises(IdempotencyConflict) as conflict:
        await his
    assert not conflict.value.extra
    assert quota(database, ravi) == (0, 0)
    await db.close()
    settings.reset_cache()


async def test_sixty_concurrent_questions_with_fifty_units_admit_fifty(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    set_quota(database, asha, left=50)
    many = await clients(60)

    outcomes = await asyncio.gather(*(each.admit(asha) for each in many), return_exceptions=True)

    assert Counter(map(code, outcomes)) == {"new": 50, "quota_exceeded": 10}
    assert quota(database, asha) == (50, 50)
    assert spend(database) == (50 * 203, 0)
    answers = [turn.message_id for turn in outcomes if not isinstance(turn, BaseException)]
    await asyncio.gather(*(many[n].settle(message_id) for n, message_id in enumerate(answers)))
    assert quota(database, asha) == (100, 0)


async def test_concurrent_questions_of_different_users_do_not_wait_for_each_other(
    database: Database, clients: TurnClients
) -> None:
    people = [database.user(f"{n}@example.com") for n in range(16)]
    shards = {database.one("select oneai.spend_shard(%s)", user): user for user in people}
    asked = await asyncio.gather(*(each.admit(user) for each, user in zip(await clients(16), people, strict=True)))
    assert len({turn.conversation_id for turn in asked}) == 16

    (first, slow), (_, quick), *_ = shards.items()
    (here,) = await clients(1)
    async with hold_locks(database, "select from oneai.daily_spend where shard = %s for update", first):
        waiting = asyncio.create_task((await clients(1))[0].admit(slow))
        await wait_for_blocked(database, 1)
        await here.admit(quick)
        assert not waiting.done()
    await waiting


async def test_an_expired_answer_and_one_of_another_quota_end_without_a_deadlock(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    asking, answering = await clients(2)
    dead = await asking.admit(asha)
    alive = await answering.admit(asha, quota_key="large_messages")
    database.advance(31)
    await answering.checkpoint(alive.message_id, ("text", 0, "Hi"))

    async with hold_locks(database, "select from oneai.daily_spend for update"):
        asked = asyncio.create_task(asking.admit(asha, conversation=dead.conversation_id, quota_key="large_messages"))
        await wait_for_blocked(database, 1)
        settled = asyncio.create_task(answering.settle(alive.message_id))
        await wait_for_blocked(database, 2)

    assert not (await asked).replay
    assert (await settled)["first"]
    assert quota(database, asha, "large_messages") == (1, 1)


@pytest.mark.parametrize("other", ["reset", "reservation"])
async def test_changing_a_quota_and_finding_an_expired_answer_do_not_deadlock(
    database: Database, clients: TurnClients, asha: UUID, other: str
) -> None:
    asking, changing = await clients(2)
    dead = await asking.admit(asha)
    database.advance(31)
    if other == "reset":
        database.rows("update oneai.usage_quotas set next_reset_at = oneai.now() - interval '1 second'")
        change: Coroutine[Any, Any, Any] = changing.call("select oneai.roll_windows(%s)", asha)
    else:
        change = changing.hold(database, asha, ("small_messages", 1), ("large_messages", 1))

    async with hold_locks(database, "select from oneai.daily_spend for update"):
        asked = asyncio.create_task(asking.admit(asha, conversation=dead.conversation_id, quota_key="large_messages"))
        await wait_for_blocked(database, 1)
        changed = asyncio.create_task(change)
        await wait_for_blocked(database, 2)

    assert not (await asked).replay
    await changed
    assert quota(database, asha, "large_messages") == (0, 1 if other == "reset" else 2)
