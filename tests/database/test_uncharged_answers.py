"""Uncharged answers with a cost: a user may have ten within an hour, and is refused after that."""

import json
from collections.abc import Mapping
from uuid import UUID

import pytest

from tests.database.turns import USAGE, TurnClient, quota, refusal
from tests.world import Database

ESTIMATED = USAGE | {"estimated": True}
FREE = USAGE | {"cost_micro_usd": 0, "estimated": True}


async def fail(
    client: TurnClient, user: UUID, usage: Mapping[str, object] = USAGE, generation: str | None = None
) -> UUID:
    """An answer that breaks off before its first word."""
    turn = await client.admit(user)
    await client.settle(turn.message_id, "", "failed", usage=usage, generation_id=generation)
    return turn.message_id


async def bill(client: TurnClient, message_id: UUID, cost: int) -> None:
    """The upstream says what it cost."""
    correction = {"usage": USAGE | {"cost_micro_usd": cost}, "model": "maker/small", "provider": "Acme"}
    await client.call("select oneai.correct_cost(%s, %s)", message_id, json.dumps(correction))


async def test_ten_uncharged_failures_within_an_hour_refuse_the_next(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    for _ in range(10):
        await fail(client, asha)
        database.advance(60)

    refused = await refusal(client.admit(asha))

    assert (refused.code, refused.sqlstate) == ("rate_limited", "ON429")
    assert 49 * 60 < refused.detail["retry_after"] <= 50 * 60
    assert quota(database, asha) == (0, 0)
    await client.admit(ravi)
    database.advance(refused.detail["retry_after"])
    await fail(client, asha)
    assert (await refusal(client.admit(asha))).code == "rate_limited"


async def test_a_repeated_question_finds_its_answer_despite_the_limit(client: TurnClient, asha: UUID) -> None:
    first = await fail(client, asha)
    for _ in range(9):
        await fail(client, asha)

    assert (await client.admit(asha, message_id=first)).replay


@pytest.mark.parametrize("usage", [FREE, USAGE | {"cost_micro_usd": 0}])
async def test_a_failure_without_a_cost_is_not_counted(
    client: TurnClient, asha: UUID, usage: Mapping[str, object]
) -> None:
    for _ in range(15):
        await fail(client, asha, usage)

    await client.admit(asha)


async def test_charged_answers_are_not_counted(database: Database, client: TurnClient, asha: UUID) -> None:
    for _ in range(5):
        await client.settle((await client.admit(asha)).message_id, "", "stopped")
        await client.settle((await client.admit(asha)).message_id, "It rai", "truncated")
        await client.settle((await client.admit(asha)).message_id, "", "complete")

    await client.admit(asha)
    assert database.one("select count(uncharged_cost_at) from oneai.reservations") == 0


async def test_a_failure_that_seemed_free_counts_once_its_cost_is_known(client: TurnClient, asha: UUID) -> None:
    seemed_free = [await fail(client, asha, FREE, f"gen-{n}") for n in range(10)]
    for each in seemed_free[1:]:
        await bill(client, each, 7)
    open_ = await client.admit(asha)

    await bill(client, seemed_free[0], 7)

    assert (await refusal(client.admit(asha))).code == "rate_limited"
    await client.settle(open_.message_id)


async def test_a_failure_with_a_known_cost_of_zero_no_longer_counts(client: TurnClient, asha: UUID) -> None:
    failed = [await fail(client, asha, ESTIMATED, f"gen-{n}") for n in range(10)]
    assert (await refusal(client.admit(asha))).code == "rate_limited"

    await bill(client, failed[4], 0)
    await bill(client, failed[4], 0)

    await client.settle((await client.admit(asha)).message_id)
    await fail(client, asha)
    assert (await refusal(client.admit(asha))).code == "rate_limited"


async def test_the_cost_of_a_charged_answer_does_not_count(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)
    await client.settle(turn.message_id, usage=FREE, generation_id="gen-1")

    await bill(client, turn.message_id, 500)

    assert database.one("select uncharged_cost_at from oneai.reservations") is None


@pytest.mark.parametrize(("thought", "cost"), [("", 0), ("Well, well", 9)])
async def test_a_killed_answer_costs_its_stored_reasoning(
    database: Database, client: TurnClient, asha: UUID, *, thought: str, cost: int
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, *([("reasoning", 0, thought)] if thought else []))
    database.advance(31)

    await client.expire_answer(turn.message_id)

    assert database.one("select outcome, charged, cost_micro_usd from oneai.usage_events") == ("failed", 0, cost)
    assert database.one("select uncharged_cost_at is not null from oneai.reservations") == (cost > 0)
