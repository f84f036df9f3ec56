"""What answers with a workspace's own key cost: held before, settled after, and never over a limit."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.accounts.retention_data import AGES, run_retention
from tests.provider_keys.rows import insert_key
from tests.world import Database, World

HOLD = "select oneai.hold_provider_key(w, %s, %s, %s) from oneai.workspaces as w where w.id = %s"


class Key:
    """A key of a new user's personal workspace, and its sums."""

    def __init__(self, database: Database, **columns: Any) -> None:
        self.database = database
        self.workspace = database.user(f"{uuid4().hex}@example.com")
        self.id = insert_key(database, self.workspace, self.workspace, **columns)

    def hold(self, cost: int | None, reservation: UUID | None = None) -> UUID:
        """Holds an answer; its reservation. Raises what SQL raises."""
        reservation = reservation or uuid4()
        self.database.rows(HOLD, reservation, self.id, cost, self.workspace)
        return reservation

    def settle(self, reservation: UUID, cost: int | None, *, answered: bool = True) -> int:
        """The difference to what was counted before."""
        return int(self.database.one("select oneai.settle_provider_key(%s, %s, %s)", reservation, answered, cost))

    def counted(self) -> tuple[int, int]:
        """Answers and micro-dollars of the current day."""
        rows = self.database.rows(
            "select answers, micro_usd from oneai.provider_key_sums where provider_key_id = %s and period = 'day' "
            "order by starts_at desc limit 1",
            self.id,
        )
        return rows[0] if rows else (0, 0)


def refusal(error: psycopg.Error) -> tuple[str | None, dict[str, Any]]:
    """The code and the numbers of a refusal."""
    return error.diag.message_primary, json.loads(error.diag.message_detail or "{}")


@pytest.mark.parametrize(
    ("limits", "costs", "limit"),
    [
        ({"micro_usd_per_day": 1000}, [400, 600, 1], "micro_usd_per_day"),
        ({"micro_usd_per_month": 1000}, [1000, 1], "micro_usd_per_month"),
        ({"answers_per_day": 2}, [5, 5, 5], "answers_per_day"),
        ({"answers_per_day": 0}, [5], "answers_per_day"),
        ({"micro_usd_per_day": 0}, [1], "micro_usd_per_day"),
    ],
)
def test_the_first_answer_over_a_limit_is_refused_and_counts_nothing(
    database: Database, limits: dict[str, int], costs: list[int], limit: str
) -> None:
    key = Key(database, **limits)
    for cost in costs[:-1]:
        key.hold(cost)
    before = key.counted()
    with pytest.raises(psycopg.Error) as refused:
        key.hold(costs[-1])

    code, detail = refusal(refused.value)
    assert (code, detail["limit_name"], detail["limit"]) == ("own_key_limit_reached", limit, limits[limit])
    assert detail["used"] == (sum(costs[:-1]) if "micro_usd" in limit else len(costs) - 1)
    assert key.counted() == before


def test_what_an_answer_did_not_cost_is_free_again(database: Database) -> None:
    key = Key(database, micro_usd_per_day=1000)
    held = key.hold(1000)

    assert key.settle(held, 300) == -700
    assert key.counted() == (1, 300)
    key.hold(700)
    with pytest.raises(psycopg.Error):
        key.hold(1)


def test_an_answer_is_settled_once_and_may_be_corrected(database: Database) -> None:
    key = Key(database)
    held = key.hold(500)

    assert [key.settle(held, 200), key.settle(held, 200), key.settle(held, 250)] == [-300, 0, 50]
    assert key.counted() == (1, 250)


def test_an_answer_that_failed_counts_as_none_and_costs_what_it_did(database: Database) -> None:
    key = Key(database, answers_per_day=1)
    held = key.hold(500)
    key.settle(held, 20, answered=False)

    assert key.counted() == (0, 20)
    key.hold(1)


def test_an_answer_of_unknown_cost_keeps_what_it_held(database: Database) -> None:
    key = Key(database)
    key.settle(key.hold(500), None)

    assert key.counted() == (1, 500)


def test_models_without_a_price_answer_two_hundred_times_a_day_at_most(database: Database) -> None:
    key = Key(database)
    for _ in range(200):
        key.hold(None)
    with pytest.raises(psycopg.Error) as refused:
        key.hold(None)

    assert refusal(refused.value)[1]["limit_name"] == "answers_per_day"
    key.hold(5)  # of a model with a known price
    Key(database, answers_per_day=201).hold(None)


def test_the_same_reservation_holds_once(database: Database) -> None:
    key = Key(database)
    held = key.hold(500)
    key.hold(500, held)

    assert key.counted() == (1, 500)


def test_a_deleted_key_is_settled_and_a_deleted_workspace_needs_nothing(database: Database) -> None:
    key = Key(database)
    first, second = key.hold(500), key.hold(500)
    database.rows("delete from oneai.provider_keys where id = %s", key.id)

    key.settle(first, 100)
    assert key.counted() == (2, 600)
    database.rows("delete from auth.users where id = %s", key.workspace)
    database.rows("delete from oneai.workspaces where id = %s", key.workspace)
    assert key.settle(second, 100) == 0


def test_a_new_day_and_a_new_month_start_from_nothing(database: Database) -> None:
    key = Key(database, micro_usd_per_day=1000, micro_usd_per_month=1500)
    held = key.hold(1000)
    database.advance(86_400)
    key.hold(500)
    with pytest.raises(psycopg.Error) as refused:
        key.hold(1)
    assert refusal(refused.value)[1]["limit_name"] == "micro_usd_per_month"

    # What was held yesterday is settled where it was held.
    key.settle(held, 100)
    assert key.counted() == (1, 500)
    key.hold(500)
    database.advance(40 * 86_400)
    key.hold(1000)


def test_days_are_those_of_the_workspace(database: Database) -> None:
    key = Key(database, answers_per_day=1)
    database.rows("update oneai.workspaces set time_zone = 'Asia/Kolkata' where id = %s", key.workspace)
    key.hold(1)
    with pytest.raises(psycopg.Error) as refused:
        key.hold(1)

    resets_at = refusal(refused.value)[1]["resets_at"]
    assert resets_at.endswith("T18:30:00Z")
    assert database.one("select %s::timestamptz - oneai.now() <= interval '1 day'", resets_at)


@pytest.mark.parametrize("column", ["refused_at", "revoked_at"])
def test_a_key_that_may_not_be_used_holds_nothing(database: Database, column: str) -> None:
    key = Key(database)
    if column == "refused_at":
        database.rows("update oneai.provider_keys set refused_at = oneai.now() where id = %s", key.id)
    else:
        fingerprint = database.one("select fingerprint from oneai.provider_keys where id = %s", key.id)
        database.rows("select oneai.report_provider_keys(array[%s])", fingerprint)
    with pytest.raises(psycopg.Error) as refused:
        key.hold(1)

    assert refusal(refused.value)[0] == "own_key_not_usable"


def test_a_key_of_another_workspace_holds_nothing(database: Database) -> None:
    key, other = Key(database), Key(database)
    key.id = other.id
    with pytest.raises(psycopg.Error) as refused:
        key.hold(1)

    assert refusal(refused.value)[0] == "not_found"


def test_the_fallback_has_a_limit_of_answers_on_a_day(database: Database) -> None:
    key = Key(database, fallback_answers_per_day=2, fallback="plan")
    count = "select oneai.count_provider_key_fallback(w, %s) from oneai.workspaces as w where w.id = %s"
    for _ in range(2):
        database.rows(count, key.id, key.workspace)
    with pytest.raises(psycopg.Error) as refused:
        database.rows(count, key.id, key.workspace)

    assert refusal(refused.value)[1]["limit_name"] == "fallback_answers_per_day"
    assert key.counted() == (0, 0)
    database.advance(86_400)
    database.rows(count, key.id, key.workspace)


async def test_answers_at_once_never_pass_a_limit_together(database: Database) -> None:
    """Forty processes hold and settle, without the lock of the workspace that admission takes."""
    key = Key(database, micro_usd_per_day=1000, answers_per_day=1000)
    held: list[UUID] = []
    refused: list[str] = []
    highest = 0

    async def work() -> None:
        nonlocal highest
        async with await psycopg.AsyncConnection.connect(database.url("postgres"), autocommit=True) as connection:
            for _ in range(5):
                reservation = uuid4()
                try:
                    await connection.execute(HOLD, [reservation, key.id, 100, key.workspace])
                except psycopg.Error as error:
                    refused.append(refusal(error)[1]["limit_name"])
                    continue
                held.append(reservation)
                sums = await connection.execute("select max(micro_usd) from oneai.provider_key_sums")
                highest = max(highest, ((await sums.fetchone()) or (0,))[0])
                await connection.execute("select oneai.settle_provider_key(%s, true, 40)", [reservation])

    await asyncio.gather(*(work() for _ in range(40)))

    assert set(refused) <= {"micro_usd_per_day"}
    assert 10 <= len(held) <= 25
    assert highest <= 1000
    assert key.counted() == (len(held), len(held) * 40)
    assert database.one("select count(*) from oneai.provider_key_holds where settled_at is null") == 0


async def test_sums_and_settled_answers_are_kept_for_more_than_a_year(world: World) -> None:
    key = Key(world.database)
    key.settle(key.hold(5), 5)
    key.hold(5)
    days = AGES.provider_key_sums_days

    kept = await run_retention(world, days - 32)
    removed = await run_retention(world, 32)

    assert not {"provider_key_sums", "provider_key_holds"} & set(kept)
    assert (removed["provider_key_sums"], removed["provider_key_holds"]) == (2, 1)
