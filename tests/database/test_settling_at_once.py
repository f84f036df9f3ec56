"""Several who end one answer, over as many connections, in every order."""

import asyncio
import json
from uuid import UUID

import pytest

from tests.database.conftest import TurnClients
from tests.database.rows import hold_locks, wait_for_blocked
from tests.database.turns import USAGE, TurnClient, quota, spend
from tests.world import Database


@pytest.mark.parametrize("first", ["producer", "finder"])
async def test_the_writer_and_the_finder_of_an_expired_answer_charge_it_once(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID, *, first: str
) -> None:
    producer, finder = await clients(2)
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("text", 0, "It ra"))
    database.advance(31)

    async with hold_locks(database, "select from oneai.conversations for update"):
        if first == "producer":
            settling = asyncio.create_task(producer.settle(turn.message_id, "It rains"))
            await wait_for_blocked(database, 1)
        found = asyncio.create_task(finder.expire_answer(turn.message_id))
        if first == "finder":
            await wait_for_blocked(database, 1)
            settling = asyncio.create_task(producer.settle(turn.message_id, "It rains"))
        await wait_for_blocked(database, 2)

    assert (await settling)["first"] is (first == "producer")
    assert await found is (first == "finder")
    assert database.one("select content, state from oneai.chat_messages where id = %s", turn.message_id) == (
        "It rains",
        "complete",
    )
    assert quota(database, asha) == (1, 0)
    assert database.rows("select purpose from oneai.usage_events order by id") == (
        ["answer", "correction"] if first == "finder" else ["answer"]
    )
    assert spend(database) == (0, 19)


async def test_eight_concurrent_settlements_write_one_event_and_at_most_one_correction(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    many = await clients(8)
    for _ in range(10):
        turn = await client.admit(asha)
        await client.checkpoint(turn.message_id, ("text", 0, "It ra"))
        database.advance(31)

        await asyncio.gather(
            *(each.settle(turn.message_id, "It rains") for each in many[:3]),
            *(each.expire_answer(turn.message_id) for each in many[3:6]),
            many[6].settle(turn.message_id, "It", usage=USAGE | {"cost_micro_usd": 21}),
            many[7].checkpoint(turn.message_id, ("text", 5, "ins")),
        )

    assert quota(database, asha) == (10, 0)
    assert database.one("select count(*) from oneai.usage_events where purpose = 'answer'") == 10
    assert database.one(
        "select count(distinct message_id) = count(*) from oneai.usage_events where purpose <> 'answer'"
    )
    assert spend(database) == (0, database.one("select sum(cost_micro_usd) from oneai.usage_events"))


async def test_an_answer_whose_conversation_is_deleted_during_settlement_is_charged_once(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    one, other = await clients(2)
    for _ in range(10):
        turn = await client.admit(asha)
        await asyncio.gather(
            one.settle(turn.message_id),
            other.settle(turn.message_id),
            asyncio.to_thread(database.rows, "delete from oneai.conversations where id = %s", turn.conversation_id),
        )

    assert quota(database, asha) == (10, 0)
    assert database.rows("select distinct purpose, charged from oneai.usage_events") == [("answer", 1)]
    assert spend(database) == (0, 190)


async def test_a_title_and_the_deletion_of_its_user_do_not_wait_for_each_other(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    (other,) = await clients(1)
    turn = await client.admit(asha)
    await client.settle(turn.message_id)

    # Deleting a user locks their workspace first and their conversations after that.
    async with hold_locks(database, "select from oneai.workspaces where id = %s for update", asha) as deleting:
        bill = json.dumps({"model_asked": "maker/small", "price_version": "v1", "outcome": "complete"})
        title = asyncio.create_task(
            other.call("select oneai.write_title(%s, %s, %s)", turn.message_id, "Monsoon rains", bill)
        )
        await wait_for_blocked(database, 1)
        await deleting.execute("select from oneai.conversations for update nowait")

    await title
    assert database.one("select title from oneai.conversations") == "Monsoon rains"
