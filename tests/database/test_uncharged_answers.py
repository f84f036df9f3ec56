"""Answers without a unit that cost the house something: ten of one person within an hour, and then a pause."""

import json
from collections.abc import Mapping
from uuid import UUID

import pytest

from tests.database.turns import USAGE, Desk, quota, refusal
from tests.world import Database

ESTIMATED = USAGE | {"estimated": True}
FREE = USAGE | {"cost_micro_usd": 0, "estimated": True}


async def fail(desk: Desk, person: UUID, usage: Mapping[str, object] = USAGE, generation: str | None = None) -> UUID:
    """An answer that breaks off before its first word."""
    turn = await desk.admit(person)
    await desk.settle(turn.message_id, "", "failed", usage=usage, generation_id=generation)
    return turn.message_id


async def bill(desk: Desk, message_id: UUID, cost: int) -> None:
    """The upstream says what it cost."""
    told = {"usage": USAGE | {"cost_micro_usd": cost}, "model": "maker/small", "provider": "Somebody"}
    await desk.call("select oneai.correct_cost(%s, %s)", message_id, json.dumps(told))


async def test_after_ten_within_an_hour_the_next_is_refused_until_there_are_fewer(
    database: Database, desk: Desk, asha: UUID, ravi: UUID
) -> None:
    for _ in range(10):
        await fail(desk, asha)
        database.advance(60)

    refused = await refusal(desk.admit(asha))

    assert (refused.code, refused.sqlstate) == ("rate_limited", "ON429")
    assert 49 * 60 < refused.detail["retry_after"] <= 50 * 60
    assert quota(database, asha) == (0, 0)
    await desk.admit(ravi)
    database.advance(refused.detail["retry_after"])
    await fail(desk, asha)
    assert (await refusal(desk.admit(asha))).code == "rate_limited"


async def test_who_asked_before_finds_the_answer_all_the_same(desk: Desk, asha: UUID) -> None:
    first = await fail(desk, asha)
    for _ in range(9):
        await fail(desk, asha)

    assert (await desk.admit(asha, message_id=first)).replay


@pytest.mark.parametrize("usage", [FREE, USAGE | {"cost_micro_usd": 0}])
async def test_what_cost_nothing_is_not_counted(desk: Desk, asha: UUID, usage: Mapping[str, object]) -> None:
    for _ in range(15):
        await fail(desk, asha, usage)

    await desk.admit(asha)


async def test_answers_with_a_unit_are_not_counted(database: Database, desk: Desk, asha: UUID) -> None:
    for _ in range(5):
        await desk.settle((await desk.admit(asha)).message_id, "", "stopped")
        await desk.settle((await desk.admit(asha)).message_id, "It rai", "truncated")
        await desk.settle((await desk.admit(asha)).message_id, "", "complete")

    await desk.admit(asha)
    assert database.one("select count(uncharged_cost_at) from oneai.reservations") == 0


async def test_a_failure_that_seemed_free_counts_once_its_bill_says_otherwise(desk: Desk, asha: UUID) -> None:
    seemed_free = [await fail(desk, asha, FREE, f"gen-{n}") for n in range(10)]
    for each in seemed_free[1:]:
        await bill(desk, each, 7)
    open_ = await desk.admit(asha)

    await bill(desk, seemed_free[0], 7)

    assert (await refusal(desk.admit(asha))).code == "rate_limited"
    await desk.settle(open_.message_id)


async def test_a_failure_whose_bill_is_nothing_counts_no_more(desk: Desk, asha: UUID) -> None:
    failed = [await fail(desk, asha, ESTIMATED, f"gen-{n}") for n in range(10)]
    assert (await refusal(desk.admit(asha))).code == "rate_limited"

    await bill(desk, failed[4], 0)
    await bill(desk, failed[4], 0)

    await desk.settle((await desk.admit(asha)).message_id)
    await fail(desk, asha)
    assert (await refusal(desk.admit(asha))).code == "rate_limited"


async def test_a_bill_of_an_answer_with_a_unit_counts_for_nothing_here(
    database: Database, desk: Desk, asha: UUID
) -> None:
    turn = await desk.admit(asha)
    await desk.settle(turn.message_id, usage=FREE, generation_id="gen-1")

    await bill(desk, turn.message_id, 500)

    assert database.one("select uncharged_cost_at from oneai.reservations") is None


@pytest.mark.parametrize(("thought", "cost"), [("", 0), ("Well, well", 9)])
async def test_a_process_that_dies_costs_by_the_thoughts_it_kept(
    database: Database, desk: Desk, asha: UUID, *, thought: str, cost: int
) -> None:
    turn = await desk.admit(asha)
    await desk.checkpoint(turn.message_id, *([("reasoning", 0, thought)] if thought else []))
    database.advance(31)

    await desk.expire_answer(turn.message_id)

    assert database.one("select outcome, charged, cost_micro_usd from oneai.usage_events") == ("failed", 0, cost)
    assert database.one("select uncharged_cost_at is not null from oneai.reservations") == (cost > 0)
