"""Measures the report of one user's year among a million events, beside reading their sums by primary key.

It asserts that the report uses indexes and scans no whole table.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from bench import stack
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack
from oneai import usage
from oneai.postgres import db
from oneai.usage.date_range import DateRange, parse_range

EVENTS = 1_000_000
PEOPLE = 1_000
FRESH = 200
BATCH = 50_000
ROUNDS = 30


@dataclass(frozen=True)
class Reader:
    """A user who reads their own usage."""

    user_id: UUID

    @property
    def claims(self) -> str:
        """The claims for row-level security."""
        return f'{{"sub": "{self.user_id}", "role": "authenticated"}}'

    @property
    def workspace_id(self) -> UUID:
        """Their personal workspace."""
        return self.user_id


def seed(running: Stack, people: list[UUID]) -> None:
    """Inserts a year of events of all users, and rolls up all but the last."""
    for first in range(0, EVENTS, BATCH):
        step(f"{first:,} of {EVENTS:,} events")
        running.rows(
            """
            insert into oneai.usage_events (
              workspace_id, user_id, created_at, purpose, outcome, subscription_tier, quota_key, charged, model_asked,
              model_served, provider, prompt_tokens, completion_tokens, cost_micro_usd, price_version, first_token_ms)
            select maker.id, maker.id, oneai.now() - random() * interval '364 days', 'answer', 'complete', 'pro',
              'small_messages', 1, 'maker/model-' || n %% 12, 'maker/model-' || n %% 12, 'provider-' || n %% 5,
              (random() * 2000)::integer, (random() * 500)::integer, (random() * 3000)::integer, 'v1',
              (200 + random() * 4000)::integer
            from generate_series(%s, %s) as n cross join lateral (select (%s::uuid[])[1 + n %% %s] as id) as maker
            """,
            first,
            first + BATCH - 1,
            people,
            PEOPLE,
        )
    added = 0
    while added < EVENTS - FRESH:
        ((rows,),) = running.rows("select oneai.roll_up_usage(%s)", min(BATCH, EVENTS - FRESH - added))
        added += rows
        step(f"{added:,} events added up")
    running.rows("analyze oneai.usage_events, oneai.usage_rollups")


async def measure(running: Stack, people: list[UUID], year: DateRange) -> dict[str, float]:
    """Median seconds by kind of read, measured in turns."""
    seconds: dict[str, list[float]] = {}
    async with await psycopg.AsyncConnection.connect(running.database, autocommit=True) as connection:

        async def sums(reader: Reader) -> None:
            cursor = await connection.execute(
                "select * from oneai.usage_rollups "
                "where workspace_id = %s and quarter_hour >= %s and quarter_hour < %s",
                [reader.user_id, year.since, year.until],
            )
            await cursor.fetchall()

        ways: dict[str, Callable[[Reader], Awaitable[object]]] = {
            "their sums by primary key": sums,
            "totals alone": lambda reader: usage.report(reader, year, None),
            "by day": lambda reader: usage.report(reader, year, "day"),
            "by model": lambda reader: usage.report(reader, year, "model"),
            "forecast": usage.forecast,
        }
        for round_ in range(ROUNDS + 1):
            for name, read in ways.items():
                reader = Reader(people[round_ % len(people)])
                started = time.perf_counter()
                await read(reader)
                if round_:
                    seconds.setdefault(name, []).append(time.perf_counter() - started)
    await db.close()
    return {name: median(values) for name, values in seconds.items()}


def plan_is_by_index(running: Stack, user: UUID, year: DateRange) -> bool:
    """Whether each of the report's two sources is read by an index."""
    span_ = [user, year.since, year.until]
    plans = [
        running.rows(
            "explain select * from oneai.usage_rollups "
            "where workspace_id = %s and quarter_hour >= %s and quarter_hour < %s",
            *span_,
        ),
        running.rows(
            "explain select * from oneai.usage_events "
            "where workspace_id = %s and not rolled_up and created_at >= %s and created_at < %s",
            *span_,
        ),
    ]
    return all(not any("Seq Scan" in line for (line,) in plan) for plan in plans)


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        os.environ |= running.variables
        people = [user.id for user in running.people(PEOPLE)]
        seed(running, people)
        now = datetime.now(UTC)
        year = parse_range((now - timedelta(days=364)).date().isoformat(), None, "Asia/Kolkata", now=now)
        assert plan_is_by_index(running, people[0], year), "a whole table is read"
        seconds = asyncio.run(measure(running, people, year))
    base = seconds["their sums by primary key"]
    table(
        [f"one of {PEOPLE:,} people, a year, {EVENTS:,} events", "ms"],
        [[name, ms(value)] for name, value in seconds.items()],
    )
    for name, value in seconds.items():
        if value != base:
            ratio(f"{name} to their sums by primary key", value / base)


if __name__ == "__main__":
    main()
