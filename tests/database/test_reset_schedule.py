"""The schedule opens windows in small steps that wait for no lock, and may be ended between any two."""

import asyncio
from typing import Any, LiteralString
from uuid import UUID

from oneai.plans import PLANS
from tests.database.conftest import TurnClients
from tests.database.rows import hold_locks
from tests.database.turns import TurnClient, quota
from tests.patience import PATIENCE
from tests.world import Database

PEOPLE = 5
# Of each of them.
QUOTAS = len(PLANS["free"].quotas)
MONTH = 32 * 86_400
STATE: LiteralString = (
    "select workspace_id, quota_key, used, reserved, window_start, next_reset_at from oneai.usage_quotas order by 1, 2"
)
DUE: LiteralString = "select count(*) from oneai.usage_quotas where next_reset_at <= oneai.now()"
OPEN: LiteralString = (
    "select reset_count, after_at, after_workspace, after_key from oneai.reset_due_quotas(%s, %s, %s, %s, %s)"
)


def crowd(database: Database) -> list[UUID]:
    """People with quotas of every frequency, half used."""
    people = [database.user(f"person-{number}@example.com") for number in range(PEOPLE)]
    database.rows("update oneai.usage_quotas set reset_frequency = 'daily' where quota_key = 'large_messages'")
    database.rows("update oneai.usage_quotas set used = 3, reserved = 1")
    return people


async def walk(client: TurnClient, rows: int = 2, steps: int | None = None) -> int:
    """Runs the steps of the job, or the first `steps` of them. Returns the number of opened windows."""
    opened = 0
    for frequency in ("3hour", "daily", "monthly"):
        after: list[Any] = [None, None, None]
        while steps is None or steps > 0:
            steps = None if steps is None else steps - 1
            count, *after = await client.call(OPEN, frequency, rows, *after)
            opened += count
            if after[0] is None:
                break
    return opened


async def test_a_reset_can_be_interrupted_after_any_step_and_repeated(database: Database, client: TurnClient) -> None:
    crowd(database)
    database.rows("create table public.before as select * from oneai.usage_quotas")
    database.advance(MONTH)
    assert await walk(client) == QUOTAS * PEOPLE
    undisturbed = database.rows(STATE)

    for steps in range(QUOTAS * PEOPLE):
        database.rows("delete from oneai.usage_quotas")
        database.rows("insert into oneai.usage_quotas select * from public.before")
        first = await walk(client, steps=steps)
        assert first + await walk(client) == QUOTAS * PEOPLE
        assert database.rows(STATE) == undisturbed


async def test_two_concurrent_resets_have_the_effect_of_one(database: Database, clients: TurnClients) -> None:
    crowd(database)
    database.advance(MONTH)

    opened = await asyncio.gather(*(walk(client) for client in await clients(4)))

    assert (sum(opened), database.one(DUE)) == (QUOTAS * PEOPLE, 0)
    before = database.rows(STATE)
    assert sum(await asyncio.gather(*(walk(client) for client in await clients(2)))) == 0
    assert database.rows(STATE) == before


async def test_one_run_catches_up_on_many_missed_ones(database: Database, client: TurnClient) -> None:
    people = crowd(database)
    database.advance(400 * 86_400)

    await walk(client)

    assert database.one(DUE) == 0
    assert all(quota(database, user) == (0, 0) for user in people)


async def test_only_due_quotas_are_reset(database: Database, client: TurnClient) -> None:
    crowd(database)
    before = database.rows(STATE)

    assert await walk(client) == 0

    assert database.rows(STATE) == before


async def test_a_locked_quota_is_skipped_without_waiting(database: Database, client: TurnClient) -> None:
    people = crowd(database)
    database.advance(MONTH)

    async with hold_locks(database, "select from oneai.usage_quotas where workspace_id = %s for update", people[2]):
        assert await asyncio.wait_for(walk(client), PATIENCE) == QUOTAS * (PEOPLE - 1)
        assert database.one(DUE) == QUOTAS

    assert await walk(client) == QUOTAS


async def test_the_reset_uses_its_index_and_sorts_nothing(database: Database) -> None:
    database.rows("set enable_seqscan = off")
    plan = "\n".join(
        database.rows(
            "explain select ctid from oneai.usage_quotas as q where q.reset_frequency = 'daily' "
            "and q.next_reset_at <= oneai.now() and (q.next_reset_at, q.workspace_id, q.quota_key) > "
            "('-infinity'::timestamptz, '00000000-0000-0000-0000-000000000000'::uuid, '') "
            "order by q.next_reset_at, q.workspace_id, q.quota_key limit 500 for update skip locked"
        )
    )
    assert "usage_quotas_due" in plan
    assert "Sort" not in plan
