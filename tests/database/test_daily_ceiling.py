"""The daily ceiling: what the answers of one user hold and have cost on one UTC day, in micro-dollars."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.conftest import TurnClients
from tests.database.turns import USAGE, TurnClient, quota, refusal
from tests.world import Database

# "Hello" holds 203 micro-dollars, and USAGE costs 19.
HELD, COST = 203, 19


def of_today(database: Database, user: UUID) -> int:
    """The held and recorded cost of the user today, as the ceiling counts it."""
    found: int = database.one(
        "select case when spend_day = oneai.today() then spend_micro_usd else 0 end from oneai.workspaces where "
        "id = %s",
        user,
    )
    return found


async def test_held_and_recorded_costs_both_count(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    ceiling = HELD + COST
    first = await client.admit(asha, daily_ceiling_micro_usd=ceiling)
    assert of_today(database, asha) == HELD

    refused = await refusal(client.admit(asha, daily_ceiling_micro_usd=ceiling))
    assert (refused.code, refused.sqlstate) == ("rate_limited", "ON429")
    await client.admit(ravi, daily_ceiling_micro_usd=ceiling)

    await client.settle(first.message_id)
    assert of_today(database, asha) == COST
    second = await client.admit(asha, daily_ceiling_micro_usd=ceiling)
    await client.settle(second.message_id)
    assert (await refusal(client.admit(asha, daily_ceiling_micro_usd=ceiling))).code == "rate_limited"


async def test_a_refused_user_learns_when_the_day_ends_and_nothing_changes(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    await client.settle((await client.admit(asha)).message_id)

    refused = await refusal(client.admit(asha, daily_ceiling_micro_usd=100))

    midnight = database.one('select to_char(oneai.today() + 1, \'YYYY-MM-DD"T"00:00:00"Z"\')')
    assert refused.detail["resets_at"] == midnight
    assert 0 < refused.detail["retry_after"] <= 86_400
    assert (of_today(database, asha), quota(database, asha)) == (COST, (1, 0))
    assert database.one("select count(*) from oneai.conversations") == 1
    database.advance(refused.detail["retry_after"])
    await client.admit(asha, daily_ceiling_micro_usd=100)


async def test_one_answer_is_admitted_at_any_cost_if_nothing_is_held_or_recorded(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    await client.admit(asha, daily_ceiling_micro_usd=0)
    assert (await refusal(client.admit(asha, daily_ceiling_micro_usd=0))).code == "rate_limited"

    both = client.admit(ravi, others=[uuid4()], daily_ceiling_micro_usd=2 * HELD - 1)
    assert (await refusal(both)).code == "rate_limited"
    await client.admit(ravi, others=[uuid4()], daily_ceiling_micro_usd=2 * HELD)
    assert of_today(database, ravi) == 2 * HELD


async def test_a_free_answer_does_not_count_toward_the_day(database: Database, client: TurnClient, asha: UUID) -> None:
    free = await client.admit(asha)
    await client.settle(free.message_id, "", "failed", usage=USAGE | {"cost_micro_usd": 0})

    assert of_today(database, asha) == 0
    await client.admit(asha, daily_ceiling_micro_usd=0)


async def test_an_answer_across_midnight_is_held_yesterday_and_recorded_today(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    open_ = await client.admit(asha)
    database.advance(86_400)
    assert of_today(database, asha) == 0

    await client.settle(open_.message_id)

    assert of_today(database, asha) == COST


async def test_settling_an_answer_held_yesterday_frees_nothing_today(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    open_ = await client.admit(asha)
    database.advance(86_400)
    today = await client.admit(asha)

    await client.settle(open_.message_id)

    assert of_today(database, asha) == HELD + COST
    await client.settle(today.message_id)
    assert of_today(database, asha) == 2 * COST


async def test_a_transaction_started_before_midnight_consumes_nothing_of_the_new_day(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    late, client = await clients(2)
    of_asha, of_ravi = await client.admit(asha), await client.admit(ravi)
    async with late.connection.transaction():
        await late.call("select oneai.now()")
        database.advance(86_400)
        today = await client.admit(asha)

        await late.settle(of_asha.message_id)
        await late.admit(asha)
        await late.settle(of_ravi.message_id)

    assert of_today(database, asha) == HELD
    await client.settle(today.message_id)
    assert (of_today(database, asha), of_today(database, ravi)) == (COST, 0)


async def test_a_repeated_admission_and_settlement_count_once(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha, daily_ceiling_micro_usd=HELD)
    assert (await client.admit(asha, message_id=turn.message_id, daily_ceiling_micro_usd=HELD)).replay
    assert of_today(database, asha) == HELD

    for _ in range(2):
        await client.settle(turn.message_id)

    assert of_today(database, asha) == COST
    assert (await client.admit(asha, message_id=turn.message_id, daily_ceiling_micro_usd=1)).replay


async def bill(client: TurnClient, message_id: UUID, cost: int) -> None:
    """The upstream says what the answer cost."""
    details = {"usage": USAGE | {"cost_micro_usd": cost}, "model": "maker/small", "provider": "Acme"}
    await client.call("select oneai.correct_cost(%s, %s)", message_id, json.dumps(details))


@pytest.mark.parametrize("cost", [0, 500])
@pytest.mark.parametrize("days", [0, 1])
async def test_a_corrected_cost_counts_on_the_same_day_and_not_later(
    database: Database, client: TurnClient, asha: UUID, *, cost: int, days: int
) -> None:
    turn = await client.admit(asha)
    await client.settle(turn.message_id, generation_id="gen-1", usage=USAGE | {"estimated": True})
    database.advance(86_400 * days)
    open_ = await client.admit(asha)

    for _ in range(2):
        await bill(client, turn.message_id, cost)

    assert of_today(database, asha) == HELD + (0 if days else cost)
    await client.settle(open_.message_id)


async def test_a_title_counts_although_it_is_charged_to_no_quota(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    assert (await client.settle(turn.message_id, titles=True))["untitled"]
    details = {"outcome": "complete", "model_asked": "maker/tiny", "price_version": "v1", "usage": USAGE}

    for _ in range(2):
        await client.call("select oneai.write_title(%s, 'Rain', %s)", turn.message_id, json.dumps(details))

    assert of_today(database, asha) == 2 * COST


async def test_an_answer_without_a_unit_gets_no_title(client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)

    details = await client.settle(turn.message_id, "", "stopped", sent=False, titles=True)

    assert not details["untitled"]


async def test_concurrent_answers_are_admitted_up_to_the_ceiling(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    connections = await clients(8)

    outcomes: list[Any] = await asyncio.gather(
        *(each.admit(asha, daily_ceiling_micro_usd=3 * HELD) for each in connections), return_exceptions=True
    )

    let_in = [each for each in outcomes if not isinstance(each, BaseException)]
    assert len(let_in) == 3
    assert {each.diag.message_primary for each in outcomes if isinstance(each, psycopg.Error)} == {"rate_limited"}
    assert of_today(database, asha) == 3 * HELD
    await asyncio.gather(*(connections[0].settle(each.message_id) for each in let_in))
    assert of_today(database, asha) == 3 * COST
