"""An answer without text is charged only if its user ended it after the request was sent, however it is settled."""

import asyncio
from uuid import UUID

import pytest

from tests.database.conftest import TurnClients
from tests.database.turns import USAGE, Turn, TurnClient, quota
from tests.world import Database

STOP = "update oneai.chat_messages set stop_requested_at = oneai.now() where id = %s and state = 'streaming'"
CHARGED = "select outcome, charged from oneai.usage_events where purpose = 'answer'"


async def end(database: Database, client: TurnClient, user: UUID, turn: Turn, how: str) -> None:
    """Ends the answer as its user can."""
    if how == "stop":
        database.rows(STOP, turn.message_id)
    elif how == "delete":
        database.rows("delete from oneai.conversations where id = %s", turn.conversation_id)
    else:
        await client.call("select * from oneai.close_account(%s)", user)


@pytest.mark.parametrize(("sent", "charged"), [(True, 1), (False, 0), (None, 0)])
async def test_a_stop_is_charged_once_the_request_was_sent(
    database: Database, client: TurnClient, asha: UUID, *, sent: bool | None, charged: int
) -> None:
    turn = await client.admit(asha)

    await client.settle(turn.message_id, "", "stopped", sent=sent)

    assert database.rows(CHARGED) == [("stopped", charged)]
    assert quota(database, asha) == (charged, 0)


@pytest.mark.parametrize("how", ["stop", "delete", "close"])
@pytest.mark.parametrize(("sent", "charged"), [(True, 1), (False, 0)])
async def test_a_stopped_answer_of_a_killed_process_is_charged_by_its_checkpoints(
    database: Database, client: TurnClient, asha: UUID, *, how: str, sent: bool, charged: int
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, sent=sent)
    await end(database, client, asha, turn, how)
    database.advance(31)

    assert await client.expire_answer(turn.message_id)

    assert database.rows(CHARGED) == [("stopped", charged)]
    assert quota(database, asha) == (charged, 0)
    assert database.rows("select cost_micro_usd from oneai.usage_events") == [3 * charged]


@pytest.mark.parametrize("how", ["stop", "delete"])
async def test_an_answer_stopped_after_its_process_was_killed_is_failed_and_free(
    database: Database, client: TurnClient, asha: UUID, how: str
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("reasoning", 0, "Well"))
    database.advance(31)
    await end(database, client, asha, turn, how)

    await client.expire_answer(turn.message_id)

    assert database.rows(CHARGED) == [("failed", 0)]
    assert quota(database, asha) == (0, 0)


@pytest.mark.parametrize("how", ["delete", "close and delete"])
async def test_an_answer_stopped_before_its_process_was_killed_is_charged_despite_deletion(
    database: Database, client: TurnClient, asha: UUID, how: str
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id)
    await end(database, client, asha, turn, "stop" if how == "delete" else "close")
    database.advance(31)
    await end(database, client, asha, turn, "delete")

    await client.expire_answer(turn.message_id)

    assert database.rows(CHARGED) == [("stopped", 1)]
    assert quota(database, asha) == (1, 0)


async def test_an_expired_answer_with_reasoning_alone_is_failed_and_free(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("reasoning", 0, "Well, well"))
    database.advance(31)

    await client.expire_answer(turn.message_id)

    assert database.rows(CHARGED) == [("failed", 0)]


async def test_a_stopped_answer_keeps_its_text_when_its_process_is_killed(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("text", 0, "It rains"))
    await end(database, client, asha, turn, "stop")
    database.advance(31)

    await client.expire_answer(turn.message_id)

    stored = database.one(
        "select content, state, finish_reason, error_code from oneai.chat_messages where id = %s", turn.message_id
    )
    assert stored == ("It rains", "stopped", "cancelled", None)
    assert database.rows(CHARGED) == [("stopped", 1)]


async def test_a_sent_request_is_recorded_even_if_its_message_is_deleted(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await end(database, client, asha, turn, "delete")
    assert await client.checkpoint(turn.message_id) == (False, "deleted")
    database.advance(31)

    await client.expire_answer(turn.message_id)

    assert quota(database, asha) == (1, 0)


async def test_a_stop_at_the_last_token_is_charged_once(
    database: Database, clients: TurnClients, owner: TurnClient, asha: UUID
) -> None:
    producer, other = await clients(2)
    for n in range(10):
        turn = await producer.admit(asha)
        await producer.checkpoint(turn.message_id, ("reasoning", 0, "Well"))

        await asyncio.gather(
            owner.connection.execute(STOP, [turn.message_id]),
            producer.settle(turn.message_id, "", ("complete", "stopped")[n % 2]),
            other.settle(turn.message_id, "", "stopped"),
        )

    assert quota(database, asha) == (10, 0)
    assert {charged for _, charged in database.rows(CHARGED)} == {1}


async def test_a_failure_during_a_stop_is_failed_and_free_or_stopped_and_charged(
    database: Database, clients: TurnClients, owner: TurnClient, asha: UUID
) -> None:
    producer, other = await clients(2)
    for _ in range(10):
        turn = await producer.admit(asha)

        await asyncio.gather(
            owner.connection.execute(STOP, [turn.message_id]),
            producer.settle(turn.message_id, "", "failed"),
            other.settle(turn.message_id, "", "stopped"),
        )

    assert set(database.rows(CHARGED)) <= {("failed", 0), ("stopped", 1)}
    assert quota(database, asha) == (database.one("select sum(charged) from oneai.usage_events"), 0)


async def test_an_answer_that_ended_by_itself_is_charged_without_text(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)

    await client.settle(turn.message_id, "", "complete", finish_reason="length", usage=USAGE)

    assert database.rows(CHARGED) == [("complete", 1)]
