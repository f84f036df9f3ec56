"""A later cost from the upstream is entered once, despite concurrent runs and crashes."""

import asyncio
import json
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.database.conftest import TurnClients
from tests.database.rows import all_rows, hold_locks, wait_for_blocked
from tests.database.turns import USAGE, TurnClient, spend
from tests.world import Database

HOUR = 3600
A_DAY = 24 * HOUR
GUESSED = USAGE | {"estimated": True, "reasoning_tokens": 3}


def bill(cost: int, **counts: int) -> str:
    """A generation's cost, as the job reports it."""
    usage = USAGE | {"cost_micro_usd": cost} | counts
    return json.dumps({"model": "maker/small-001", "provider": "Acme", "usage": usage})


async def answered(client: TurnClient, user: UUID, usage: dict[str, Any] | None = None) -> UUID:
    """An answer that has ended; its id."""
    turn = await client.admit(user)
    await client.settle(turn.message_id, usage=usage or USAGE, generation_id=f"gen-{turn.message_id}")
    return turn.message_id


async def claim(client: TurnClient, most: int = 100, *, samples: bool = False) -> set[UUID]:
    """The answers that a run claims."""
    await client.connection.execute("set role oneai_service")
    rows = await (
        await client.connection.execute("select * from oneai.claim_cost_checks(%s, %s)", [samples, most])
    ).fetchall()
    await client.connection.execute("reset role")
    return {message_id for message_id, _ in rows}


async def enter(client: TurnClient, message_id: UUID, correction: str) -> int | None:
    found: int | None = await client.call("select oneai.correct_cost(%s, %s)", message_id, correction)
    return found


def draw(database: Database, percent: float = 100, most: int = 200) -> int:
    drawn: int = database.one("select oneai.draw_cost_sample(%s::numeric, %s)", percent, most)
    return drawn


def corrections(database: Database, message_id: UUID) -> list[Any]:
    return database.rows(
        "select cost_micro_usd, completion_tokens, reasoning_tokens, charged from oneai.usage_events "
        "where message_id = %s and purpose = 'correction' order by id",
        message_id,
    )


def costs(database: Database, message_id: UUID) -> tuple[int, int, int, int]:
    """The cost of the only answer by its usage, its message, its conversation and the day."""
    found: tuple[int, int, int] = database.one(
        """
        select (select sum(cost_micro_usd)::bigint from oneai.usage_events where message_id = m.id),
          (m.usage ->> 'cost_micro_usd')::bigint, c.total_cost_micro_usd
        from oneai.chat_messages as m join oneai.conversations as c on c.id = m.conversation_id where m.id = %s
        """,
        message_id,
    )
    return (*found, spend(database)[1])


async def test_an_estimate_is_corrected_by_the_later_cost_of_the_upstream(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    answer = await answered(client, asha, GUESSED)

    assert await claim(client) == {answer}
    assert await enter(client, answer, bill(25, completion_tokens=7, reasoning_tokens=0)) == 6

    # Estimated counts are wrong until the bill comes, also where that counts nothing.
    assert corrections(database, answer) == [(6, 2, -3, 0)]
    assert costs(database, answer) == (25, 25, 25, 25)
    assert database.one("select usage ->> 'estimated' from oneai.chat_messages where id = %s", answer) == "false"
    assert await claim(client) == set()
    assert await enter(client, answer, bill(99)) is None


async def test_an_estimate_that_was_correct_is_marked_as_exact(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    answer = await answered(client, asha, GUESSED | {"reasoning_tokens": 2})
    assert await enter(client, answer, bill(19)) == 0
    assert corrections(database, answer) == [(0, 0, 0, 0)]


async def test_stats_without_a_cost_change_nothing_and_are_requested_again(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    answer = await answered(client, asha, GUESSED)
    assert await enter(client, answer, json.dumps({"usage": GUESSED | {"cost_micro_usd": 0}})) is None
    assert await enter(client, answer, "{}") is None
    assert corrections(database, answer) == []
    assert await claim(client) == {answer}


@pytest.mark.exhaustive
async def test_an_unknown_generation_is_requested_ever_more_rarely_for_a_day(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    answer = await answered(client, asha, GUESSED)
    asked = []
    for minute in range(25 * 60):
        if await claim(client):
            asked.append(minute)
        database.advance(60)

    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 64]
    assert set(pauses[7:]) == {120}
    assert asked[-1] < 24 * 60
    assert database.rows("select message_id from oneai.pending_cost_checks") == []
    assert corrections(database, answer) == []


async def test_unanswerable_requests_take_no_places_from_others(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    for _ in range(3):
        await answered(client, asha, GUESSED)
    assert len(await claim(client, most=3)) == 3
    fresh = await answered(client, asha, GUESSED)
    assert await claim(client, most=3) == {fresh}
    database.advance(60)
    assert len(await claim(client, most=3)) == 3


async def test_work_claimed_by_one_run_is_not_claimed_by_another_until_its_lease_expires(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    many = await clients(8)
    answers = {await answered(many[0], asha, GUESSED) for _ in range(40)}
    taken = await asyncio.gather(*(claim(client, 10) for client in many))
    assert sorted(each for some in taken for each in some) == sorted(answers)
    # All of these runs were killed.
    database.advance(61)
    assert await claim(many[0]) == answers


async def test_a_cost_entered_concurrently_is_entered_once(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    many = await clients(12)
    answers = [await answered(many[0], asha, GUESSED) for _ in range(5)]

    async def bring(client: TurnClient) -> list[int | None]:
        return [await enter(client, answer, bill(25)) for answer in answers]

    brought = await asyncio.gather(*(bring(client) for client in many))

    for number, answer in enumerate(answers):
        assert sorted(each[number] is None for each in brought) == [False] + [True] * 11
        assert len(corrections(database, answer)) == 1
    assert spend(database)[1] == 25 * 5


async def test_a_late_writer_and_the_job_correct_an_answer_once_in_total(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    one, other = await clients(2)
    for _ in range(10):
        answer = await answered(one, asha, GUESSED)
        await asyncio.gather(
            enter(one, answer, bill(25)),
            other.settle(answer, "Hi there", usage=USAGE | {"cost_micro_usd": 25, "reasoning_tokens": 2}),
        )
        assert costs(database, answer)[:2] == (25, 25)
        assert len(corrections(database, answer)) == 1


async def test_two_corrections_of_the_same_state_cannot_both_be_stored(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    answer = await answered(client, asha, GUESSED)
    await enter(client, answer, bill(25))
    again = (
        "insert into oneai.usage_events (message_id, purpose, outcome, subscription_tier, model_asked, price_version) "
    )
    database.rows(again + "values (%s, 'correction', 'complete', 'free', 'm', 'v1') on conflict do nothing", answer)
    assert len(corrections(database, answer)) == 1


async def test_a_sample_of_yesterdays_answers_is_drawn_once(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    many = await clients(6)
    correction = {await answered(many[0], asha) for _ in range(10)}
    estimated = await answered(many[0], asha, GUESSED)
    assert draw(database) == 0  # they are today's
    database.advance(A_DAY)
    today = await answered(many[0], asha)

    drawn = await asyncio.gather(*(client.call("select oneai.draw_cost_sample(30, 200)") for client in many))

    assert sorted(drawn) == [0, 0, 0, 0, 0, 3]
    taken = await claim(many[0], samples=True)
    assert len(taken) == 3
    assert taken <= correction
    assert not taken & {today, estimated}


async def test_a_sample_has_its_share_of_the_day_up_to_the_maximum(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    for _ in range(20):
        await answered(client, asha)
    database.advance(A_DAY)
    assert draw(database, 1, 200) == 1
    for _ in range(20):
        await answered(client, asha)
    database.advance(A_DAY)
    assert draw(database, 100, 7) == 7


async def test_a_sampled_answer_with_another_cost_is_corrected_and_its_day_alerted(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    right, wrong = await answered(client, asha), await answered(client, asha)
    day = database.one("select oneai.today()::text")
    database.advance(A_DAY)
    assert draw(database) == 2
    assert database.one("select oneai.close_cost_samples(2)") == 0  # bills are outstanding
    assert await claim(client, samples=True) == {right, wrong}

    assert await enter(client, right, bill(19)) == 0
    assert database.one("select oneai.close_cost_samples(2)") == 0
    # A count of nothing says nothing against what the stream said.
    assert await enter(client, wrong, bill(29, reasoning_tokens=0, cached_tokens=0)) == 10

    assert corrections(database, right) == []
    assert corrections(database, wrong) == [(10, 0, 0, 0)]
    assert costs(database, wrong)[:3] == (29, 29, 29)
    assert [database.one("select oneai.close_cost_samples(2)") for _ in range(3)] == [1, 0, 0]
    ((subject, count, detail),) = database.rows("select subject, count, detail from oneai.operator_alerts")
    assert (subject, count) == (day, 1)
    assert detail == {"compared": 2, "differing": 1, "recorded_micro_usd": 38, "deviation_micro_usd": 10}


async def test_a_second_cost_corrects_the_first(database: Database, client: TurnClient, asha: UUID) -> None:
    answer = await answered(client, asha, GUESSED)
    await enter(client, answer, bill(25))
    for cost in (20, 30, 30):
        database.rows("insert into oneai.pending_cost_checks (message_id, generation_id) values (%s, 'gen')", answer)
        await enter(client, answer, bill(cost, reasoning_tokens=2))
    assert [each[0] for each in corrections(database, answer)] == [6, -5, 10]
    assert costs(database, answer) == (30, 30, 30, 30)


async def test_overcharges_and_undercharges_do_not_cancel_out(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    more, less = await answered(client, asha), await answered(client, asha)
    database.advance(A_DAY)
    draw(database)
    await enter(client, more, bill(20))
    await enter(client, less, bill(18))
    # 2 of 38: more than five percent, less than six.
    assert database.one("select oneai.close_cost_samples(6)") == 0
    database.rows("update oneai.cost_samples set closed_at = null")
    assert database.one("select oneai.close_cost_samples(5)") == 1


async def test_a_sample_with_missing_costs_is_closed_when_they_are_given_up(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    await answered(client, asha)
    database.advance(A_DAY)
    draw(database)
    assert database.one("select oneai.close_cost_samples(2)") == 0
    database.advance(A_DAY)
    assert await claim(client, samples=True) == set()
    assert database.one("select oneai.close_cost_samples(2)") == 0
    assert database.one("select closed_at is not null from oneai.cost_samples") is True
    assert database.rows("select kind from oneai.operator_alerts") == []


async def test_a_deleted_answer_is_corrected_too(database: Database, client: TurnClient, asha: UUID) -> None:
    answer = await answered(client, asha, GUESSED)
    database.rows("delete from oneai.conversations")
    assert await enter(client, answer, bill(25)) == 6
    assert len(corrections(database, answer)) == 1
    assert await enter(client, uuid4(), bill(25)) is None


async def test_a_cost_whose_entry_is_interrupted_is_entered_by_the_next_run(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    one, other = await clients(2)
    answer = await answered(one, asha, GUESSED)
    before = all_rows(database)
    async with hold_locks(database, "lock table oneai.daily_spend in exclusive mode"):
        entering = asyncio.create_task(enter(one, answer, bill(25)))
        await wait_for_blocked(database, 1)
        database.rows("select pg_terminate_backend(%s)", one.connection.info.backend_pid)
        await asyncio.gather(entering, return_exceptions=True)

    assert all_rows(database) == before
    assert await enter(other, answer, bill(25)) == 6
    assert costs(database, answer) == (25, 25, 25, 25)
