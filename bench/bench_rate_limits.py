"""Measures the cost and the effect of the rate limiter.

Against Postgres it measures how often 64 connections consume a rate, for one hot user and for a thousand, beside two
bare updates of one row each. Over HTTP it measures another user's p95 while one user sends ten times their limit, with
and without the limit, beside the p95 without a flood.
"""

import asyncio
import os
import time
from collections import Counter

import httpx
import psycopg

from bench import stack
from bench.bench_quota import CLIENTS, PEOPLE, ROUNDS, Connection, connected, pairs_per_second, two_updates
from bench.people import User
from bench.report import at_least, median, ms, ratio, step, table
from bench.stack import Stack

# Per minute and in a burst; the flood sends ten times as many.
PER_MINUTE = 600
FLOOD_PER_SECOND = PER_MINUTE // 60 * 10
FLOOD_SECONDS = 15
OTHERS, SECONDS_BETWEEN = 60, 0.2
LIMITS = {"with the limit": f"other={PER_MINUTE}/200", "without": "other=1000000/1000000"}


async def take_rate(connection: Connection, user: User) -> None:
    """The statements that begin every request, in their one message."""
    async with psycopg.AsyncClientCursor(connection) as cursor:
        await cursor.execute("begin; select oneai.take_rate(%s, 'other', 1000000, 1000000, 1); commit", [str(user.id)])


async def measure_statements(running: Stack) -> dict[tuple[int, str], list[float]]:
    """Rates per second by number of users and kind of statement."""
    rates: dict[tuple[int, str], list[float]] = {}
    running.use_deployed_clock()
    running.rows("create table public.bare (id uuid primary key, used integer not null default 0)")
    async with connected(running.database) as connections:
        for round_ in range(ROUNDS + 1):
            step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
            for count in (1, PEOPLE):
                people = running.people(count)
                running.rows("insert into public.bare (id) select unnest(%s::uuid[])", [user.id for user in people])
                for what, work in {"two bare updates": two_updates, "take a rate": take_rate}.items():
                    rate = await pairs_per_second(connections, people, work)
                    if round_:
                        rates.setdefault((count, what), []).append(rate)
    return rates


async def others_p95(client: httpx.AsyncClient, people: list[User]) -> float:
    """The 95th percentile of the seconds until users, who arrive at a steady rate, get their list."""

    async def one(place: int, user: User) -> float:
        await asyncio.sleep(place * SECONDS_BETWEEN)
        started = time.perf_counter()
        answer = await client.get("/conversations", headers={"authorization": f"Bearer {user.token}"})
        answer.raise_for_status()
        return time.perf_counter() - started

    times = await asyncio.gather(*(one(place, user) for place, user in enumerate(people)))
    return sorted(times)[len(times) * 95 // 100]


async def flood(client: httpx.AsyncClient, user: User, statuses: Counter[int]) -> None:
    """Requests of one user at a constant rate, without waiting for answers."""

    async def one() -> None:
        answer = await client.get("/conversations", headers={"authorization": f"Bearer {user.token}"})
        statuses[answer.status_code] += 1

    started = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for count in range(FLOOD_PER_SECOND * FLOOD_SECONDS):
            await asyncio.sleep(max(started + count / FLOOD_PER_SECOND - time.perf_counter(), 0))
            tasks.create_task(one())


async def measure_flood(running: Stack) -> tuple[float, float, Counter[int]]:
    """Another user's p95 without and during the flood, and the statuses of the flood's requests."""
    statuses: Counter[int] = Counter()
    address = f"{running.ours.program.address}/api"
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=httpx.Limits(max_connections=None)) as client:
        flooder, *people = running.people(OTHERS + 1)
        await others_p95(client, people[:5])
        peace = await others_p95(client, people)
        going = asyncio.create_task(flood(client, flooder, statuses))
        await asyncio.sleep(1)
        beside = await others_p95(client, people)
        await going
    return peace, beside, statuses


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        rates = asyncio.run(measure_statements(running))
    table(
        [f"{CLIENTS} clients at once, {os.cpu_count()} cores", "a second"],
        [[f"{what}, {count} people", f"{median(values):.0f}"] for (count, what), values in rates.items()],
    )
    for count in (1, PEOPLE):
        pairs = zip(rates[count, "take a rate"], rates[count, "two bare updates"], strict=True)
        at_least(f"taking a rate to two bare updates, {count} people", median([ours / bare for ours, bare in pairs]))
    floods = {}
    for name, limit in LIMITS.items():
        step(f"{FLOOD_PER_SECOND} requests a second of one user, {name}")
        with stack.running("bench.executions", {"DATABASE_POOL_SIZE": "180", "RATE_LIMITS": limit}) as running:
            floods[name] = asyncio.run(measure_flood(running))
    table(
        ["another user's p95, ms", "in peace", "beside the flood", "the flood was answered"],
        [
            [name, ms(peace), ms(beside), ", ".join(f"{n} × {status}" for status, n in sorted(statuses.items()))]
            for name, (peace, beside, statuses) in floods.items()
        ],
    )
    for name, (peace, beside, _) in floods.items():
        ratio(f"another user's p95 beside the flood to that in peace, {name}", beside / peace)


if __name__ == "__main__":
    main()
