"""Sums of usage are what the events say, however often, late or many at once they are made."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneai import usage
from tests import effort
from tests.usage.events import insert_event, list_rollups
from tests.world import Database, World

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def asha(database: Database) -> UUID:
    """A user on the free plan."""
    return database.user("asha@example.com")


def roll_up(database: Database, most: int = 1000) -> int:
    """One run's statement."""
    return int(database.one("select oneai.roll_up_usage(%s)", most))


def test_every_event_is_counted_once_despite_repeated_runs(database: Database, asha: UUID) -> None:
    insert_event(database, asha, NOON)
    insert_event(database, asha, NOON + timedelta(minutes=14), cost=7)
    insert_event(database, asha, NOON + timedelta(minutes=15))

    assert [roll_up(database), roll_up(database)] == [3, 0]
    assert database.rows("select quarter_hour, messages, cost_micro_usd from oneai.usage_rollups order by 1") == [
        (NOON, 2, 27),
        (NOON + timedelta(minutes=15), 1, 20),
    ]


def test_a_late_event_is_counted_in_its_own_quarter_hour(database: Database, asha: UUID) -> None:
    insert_event(database, asha, NOON)
    roll_up(database)
    insert_event(database, asha, NOON - timedelta(days=90), cost=3)
    insert_event(database, asha, NOON, purpose="correction", cost=-4, prompt=0, completion=0)

    assert roll_up(database) == 2
    assert database.rows("select quarter_hour, messages, cost_micro_usd from oneai.usage_rollups order by 1, 2") == [
        (NOON - timedelta(days=90), 1, 3),
        (NOON, 0, -4),
        (NOON, 1, 20),
    ]


def test_an_uncommitted_event_is_counted_by_the_next_run(database: Database, asha: UUID) -> None:
    with psycopg.connect(database.url("postgres")) as slow:
        slow.execute(
            "insert into oneai.usage_events (workspace_id, user_id, created_at, purpose, outcome, subscription_tier, "
            "model_asked, cost_micro_usd, price_version) values (%s, %s, %s, 'answer', 'complete', 'free', "
            "'maker/small', 5, 'v1')",
            [asha, asha, NOON],
        )
        insert_event(database, asha, NOON)
        assert roll_up(database) == 1
    assert roll_up(database) == 1


async def test_concurrent_runs_share_the_work_and_count_nothing_twice(database: Database, asha: UUID) -> None:
    for n in range(200):
        insert_event(database, asha, NOON + timedelta(minutes=n % 40), cost=n)

    async def run() -> int:
        total = 0
        async with await psycopg.AsyncConnection.connect(database.url("oneai_app"), autocommit=True) as connection:
            while (row := await (await connection.execute("select oneai.roll_up_usage(7)")).fetchone()) and row[0]:
                total += row[0]
        return total

    assert sum(await asyncio.gather(*(run() for _ in range(8)))) == 200
    assert database.one("select sum(messages), sum(cost_micro_usd) from oneai.usage_rollups") == (200, 199 * 100)


@settings(max_examples=effort.sample(8, 50))
@given(
    st.lists(
        st.tuples(
            st.integers(0, 60 * 24 * 3),
            st.sampled_from(["answer", "correction", "title"]),
            st.sampled_from(["complete", "failed", "truncated"]),
            st.integers(-50, 5000),
            st.none() | st.integers(0, 60_000),
        ),
        max_size=25,
    ),
    st.integers(1, 9),
)
def test_rebuilding_the_sums_changes_nothing(
    database: Database, events: list[tuple[int, str, str, int, int | None]], batch: int
) -> None:
    database.rows("truncate oneai.usage_events, oneai.usage_rollups")
    for minutes, purpose, outcome, cost, first in events:
        at = NOON + timedelta(minutes=minutes)
        insert_event(database, uuid4(), at, purpose=purpose, outcome=outcome, cost=cost, first=first)
    while roll_up(database, batch):
        pass
    before = list_rollups(database)
    assert database.one("select coalesce(sum(cost_micro_usd), 0) from oneai.usage_rollups") == sum(e[3] for e in events)

    database.rows("select oneai.rebuild_rollups()")
    assert list_rollups(database) == []
    while roll_up(database, batch):
        pass

    assert list_rollups(database) == before


def test_sums_of_deleted_events_are_kept(database: Database, asha: UUID) -> None:
    insert_event(database, asha, NOON - timedelta(days=800), cost=1)
    insert_event(database, asha, NOON, cost=2)
    roll_up(database)
    before = list_rollups(database)
    database.rows("delete from oneai.usage_events where created_at < %s", NOON - timedelta(days=1))
    database.rows("update oneai.usage_retention set kept_from = %s", NOON - timedelta(days=1))

    database.rows("select oneai.rebuild_rollups()")
    roll_up(database)

    assert list_rollups(database) == before


async def test_the_job_counts_the_usage_of_users(world: World) -> None:
    await world.ask("Hello")
    await world.ask("Hello again", model="openai/gpt-4.1")

    assert await usage.add_up() == {"events": 2}
    assert await usage.add_up() == {"events": 0}
    assert world.database.one("select sum(messages)::integer, sum(charged)::integer from oneai.usage_rollups") == (
        2,
        2,
    )
