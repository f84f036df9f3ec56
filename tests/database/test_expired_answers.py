"""An answer whose process died is charged what can be proved of it, and at most what was held."""

from uuid import UUID

import pytest

from tests.database.turns import TurnClient, quota, spend
from tests.world import Database

RECORDED = "select outcome, charged, cost_micro_usd, estimated from oneai.usage_events where purpose = 'answer'"
CALLS = {"tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}


async def test_tool_calls_alone_are_charged_by_their_tokens(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, unstored=3)
    await client.checkpoint(turn.message_id, unstored=7)
    await client.checkpoint(turn.message_id, unstored=5)
    database.advance(31)

    assert await client.expire_answer(turn.message_id)

    assert database.rows(RECORDED) == [("truncated", 1, 3 + 7 * 2, True)]
    assert (quota(database, asha), spend(database)) == ((1, 0), (0, 17))
    assert database.one("select content from oneai.chat_messages where id = %s", turn.message_id) == ""


async def test_a_picture_alone_is_charged_its_prompt_and_its_unit(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha, quota_key="image_generation", text_key="small_messages")
    await client.checkpoint(turn.message_id, unstored=0)
    database.advance(31)

    await client.expire_answer(turn.message_id)

    assert database.rows(RECORDED) == [("truncated", 1, 3, True)]
    assert quota(database, asha, "image_generation") == (1, 0)
    assert quota(database, asha) == (0, 0)


@pytest.mark.parametrize(("generation", "cost"), [("gen-1", 3), (None, 0)])
async def test_the_prompt_costs_once_the_upstream_has_named_the_generation(
    database: Database, client: TurnClient, asha: UUID, generation: str | None, cost: int
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, generation=generation)
    database.advance(31)

    await client.expire_answer(turn.message_id)

    assert database.rows(RECORDED) == [("failed", 0, cost, True)]
    assert (quota(database, asha), spend(database)) == ((0, 0), (0, cost))


async def test_the_estimate_is_at_most_what_was_held(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("text", 0, "word " * 900), unstored=10_000)
    database.advance(31)

    await client.expire_answer(turn.message_id)

    assert database.rows(RECORDED) == [("truncated", 1, 203, True)]


async def test_the_upstreams_record_replaces_the_estimate(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, generation="gen-1", unstored=7)
    database.advance(31)

    await client.expire_answer(
        turn.message_id,
        {"usage": {"prompt_tokens": 9, "completion_tokens": 5, "cost_micro_usd": 19, "estimated": False}},
    )

    assert database.rows(RECORDED) == [("truncated", 1, 19, False)]


async def test_a_deleted_answer_keeps_what_proves_its_tool_calls(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    database.rows("delete from oneai.conversations where id = %s", turn.conversation_id)
    assert await client.checkpoint(turn.message_id, unstored=7) == (False, "deleted")
    database.advance(31)

    await client.expire_answer(turn.message_id)

    assert database.rows(RECORDED) == [("stopped", 1, 17, True)]


async def test_a_writer_that_comes_late_adds_its_tool_calls_and_no_unit(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, unstored=7)
    database.advance(31)
    await client.expire_answer(turn.message_id)

    settled = await client.settle(turn.message_id, "", "complete", metadata=CALLS)

    assert settled["state"] == "complete"
    assert database.one("select metadata from oneai.chat_messages where id = %s", turn.message_id) == CALLS
    assert quota(database, asha) == (1, 0)
