"""The daily ceiling: what the answers of one person hold and have cost on one UTC day, in micro-dollars."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.conftest import Desks
from tests.database.turns import USAGE, Desk, quota, refusal
from tests.world import Database

# "Hello" holds 203 micro-dollars, and USAGE costs 19.
HELD, COST = 203, 19


def of_today(database: Database, person: UUID) -> int:
    """What the person holds and has cost today, as the ceiling sees it."""
    found: int = database.one(
        "select case when spend_day = oneai.today() then spend_micro_usd else 0 end from oneai.users where id = %s",
        person,
    )
    return found


async def test_what_is_held_and_what_was_recorded_count(database: Database, desk: Desk, asha: UUID, ravi: UUID) -> None:
    ceiling = HELD + COST
    first = await desk.admit(asha, daily_ceiling_micro_usd=ceiling)
    assert of_today(database, asha) == HELD

    refused = await refusal(desk.admit(asha, daily_ceiling_micro_usd=ceiling))
    assert (refused.code, refused.sqlstate) == ("rate_limited", "ON429")
    await desk.admit(ravi, daily_ceiling_micro_usd=ceiling)

    await desk.settle(first.message_id)
    assert of_today(database, asha) == COST
    second = await desk.admit(asha, daily_ceiling_micro_usd=ceiling)
    await desk.settle(second.message_id)
    assert (await refusal(desk.admit(asha, daily_ceiling_micro_usd=ceiling))).code == "rate_limited"


async def test_who_is_refused_is_told_when_the_day_is_over_and_nothing_has_happened(
    database: Database, desk: Desk, asha: UUID
) -> None:
    await desk.settle((await desk.admit(asha)).message_id)

    refused = await refusal(desk.admit(asha, daily_ceiling_micro_usd=100))

    midnight = database.one('select to_char(oneai.today() + 1, \'YYYY-MM-DD"T"00:00:00"Z"\')')
    assert refused.detail["resets_at"] == midnight
    assert 0 < refused.detail["retry_after"] <= 86_400
    assert (of_today(database, asha), quota(database, asha)) == (COST, (1, 0))
    assert database.one("select count(*) from oneai.conversations") == 1
    database.advance(refused.detail["retry_after"])
    await desk.admit(asha, daily_ceiling_micro_usd=100)


async def test_with_nothing_held_or_recorded_one_answer_is_let_in_whatever_it_may_cost(
    database: Database, desk: Desk, asha: UUID, ravi: UUID
) -> None:
    await desk.admit(asha, daily_ceiling_micro_usd=0)
    assert (await refusal(desk.admit(asha, daily_ceiling_micro_usd=0))).code == "rate_limited"

    both = desk.admit(ravi, others=[uuid4()], daily_ceiling_micro_usd=2 * HELD - 1)
    assert (await refusal(both)).code == "rate_limited"
    await desk.admit(ravi, others=[uuid4()], daily_ceiling_micro_usd=2 * HELD)
    assert of_today(database, ravi) == 2 * HELD


async def test_an_answer_that_cost_nothing_leaves_the_day_untouched(database: Database, desk: Desk, asha: UUID) -> None:
    free = await desk.admit(asha)
    await desk.settle(free.message_id, "", "failed", usage=USAGE | {"cost_micro_usd": 0})

    assert of_today(database, asha) == 0
    await desk.admit(asha, daily_ceiling_micro_usd=0)


async def test_an_answer_open_over_midnight_is_held_yesterday_and_recorded_today(
    database: Database, desk: Desk, asha: UUID
) -> None:
    open_ = await desk.admit(asha)
    database.advance(86_400)
    assert of_today(database, asha) == 0

    await desk.settle(open_.message_id)

    assert of_today(database, asha) == COST


async def test_an_answer_held_yesterday_gives_nothing_back_today(database: Database, desk: Desk, asha: UUID) -> None:
    open_ = await desk.admit(asha)
    database.advance(86_400)
    today = await desk.admit(asha)

    await desk.settle(open_.message_id)

    assert of_today(database, asha) == HELD + COST
    await desk.settle(today.message_id)
    assert of_today(database, asha) == 2 * COST


async def test_a_transaction_that_began_before_midnight_takes_nothing_of_the_new_day(
    database: Database, desks: Desks, asha: UUID, ravi: UUID
) -> None:
    late, desk = await desks(2)
    of_asha, of_ravi = await desk.admit(asha), await desk.admit(ravi)
    async with late.connection.transaction():
        await late.call("select oneai.now()")
        database.advance(86_400)
        today = await desk.admit(asha)

        await late.settle(of_asha.message_id)
        await late.admit(asha)
        await late.settle(of_ravi.message_id)

    assert of_today(database, asha) == HELD
    await desk.settle(today.message_id)
    assert (of_today(database, asha), of_today(database, ravi)) == (COST, 0)


async def test_asked_and_settled_again_counts_once(database: Database, desk: Desk, asha: UUID) -> None:
    turn = await desk.admit(asha, daily_ceiling_micro_usd=HELD)
    assert (await desk.admit(asha, message_id=turn.message_id, daily_ceiling_micro_usd=HELD)).replay
    assert of_today(database, asha) == HELD

    for _ in range(2):
        await desk.settle(turn.message_id)

    assert of_today(database, asha) == COST
    assert (await desk.admit(asha, message_id=turn.message_id, daily_ceiling_micro_usd=1)).replay


async def bill(desk: Desk, message_id: UUID, cost: int) -> None:
    """The upstream says what the answer cost."""
    told = {"usage": USAGE | {"cost_micro_usd": cost}, "model": "maker/small", "provider": "Somebody"}
    await desk.call("select oneai.correct_cost(%s, %s)", message_id, json.dumps(told))


@pytest.mark.parametrize("cost", [0, 500])
@pytest.mark.parametrize("days", [0, 1])
async def test_a_bill_of_the_same_day_corrects_the_day_and_a_later_one_does_not(
    database: Database, desk: Desk, asha: UUID, *, cost: int, days: int
) -> None:
    turn = await desk.admit(asha)
    await desk.settle(turn.message_id, generation_id="gen-1", usage=USAGE | {"estimated": True})
    database.advance(86_400 * days)
    open_ = await desk.admit(asha)

    for _ in range(2):
        await bill(desk, turn.message_id, cost)

    assert of_today(database, asha) == HELD + (0 if days else cost)
    await desk.settle(open_.message_id)


async def test_a_title_counts_though_it_is_charged_to_no_quota(database: Database, desk: Desk, asha: UUID) -> None:
    turn = await desk.admit(asha)
    assert (await desk.settle(turn.message_id, titles=True))["untitled"]
    told = {"outcome": "complete", "model_asked": "maker/tiny", "price_version": "v1", "usage": USAGE}

    for _ in range(2):
        await desk.call("select oneai.write_title(%s, 'Rain', %s)", turn.message_id, json.dumps(told))

    assert of_today(database, asha) == 2 * COST


async def test_only_an_answer_with_a_unit_is_worth_a_title(desk: Desk, asha: UUID) -> None:
    turn = await desk.admit(asha)

    told = await desk.settle(turn.message_id, "", "stopped", sent=False, titles=True)

    assert not told["untitled"]


async def test_of_many_at_once_as_many_are_let_in_as_fit(database: Database, desks: Desks, asha: UUID) -> None:
    connections = await desks(8)

    outcomes: list[Any] = await asyncio.gather(
        *(each.admit(asha, daily_ceiling_micro_usd=3 * HELD) for each in connections), return_exceptions=True
    )

    let_in = [each for each in outcomes if not isinstance(each, BaseException)]
    assert len(let_in) == 3
    assert {each.diag.message_primary for each in outcomes if isinstance(each, psycopg.Error)} == {"rate_limited"}
    assert of_today(database, asha) == 3 * HELD
    await asyncio.gather(*(connections[0].settle(each.message_id) for each in let_in))
    assert of_today(database, asha) == 3 * COST
