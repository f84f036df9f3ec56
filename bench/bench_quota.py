"""Admit and settle in pairs per second, for one busy person and for many, beside two bare updates of one row each.

Straight against Postgres, without HTTP: what the SQL functions cost, and what a hot row costs.
"""

import asyncio
import itertools
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import psycopg

from bench import stack
from bench.report import median, ratio, step, table
from bench.stack import Person, Stack

ROUNDS = 4
SECONDS = 2.0
CLIENTS = 64

type Connection = psycopg.AsyncConnection[Any]
type Pair = Callable[[Connection, Person], Awaitable[None]]

# What `oneai.chat` tells `oneai.admit` and `oneai.settle`.
_TERMS = {
    "refusal": None,
    "quota_key": "small_messages",
    "input_tokens": 16_000,
    "answer_tokens": 4_000,
    "prompt_micro_usd_per_token": "0.2",
    "completion_micro_usd_per_token": "0.8",
    "price_version": "bench",
}
_OFFER = {"free": True, "history_bytes": 128_000, "answers": [_TERMS]}
_OFFERS = json.dumps(dict.fromkeys(("free", "pro", "enterprise"), _OFFER))
_OUTCOME = json.dumps(
    {
        "content": "An answer.",
        "state": "complete",
        "finish_reason": "stop",
        "model": "local/echo",
        "usage": {"prompt_tokens": 10, "completion_tokens": 3, "cost_micro_usd": 5, "estimated": False},
    }
)


async def admit_and_settle(connection: Connection, person: Person) -> None:
    """One question and its answer, as Postgres sees them."""
    message = uuid4()
    answers = [{"id": str(message), "model": "local/echo"}]
    ask = json.dumps({"message": "Hello", "fingerprint": "bench", "answers": answers})
    await connection.execute("select oneai.admit(%s, %s, %s, %s)", [person.id, message, ask, _OFFERS])
    await connection.execute("select oneai.settle(%s, %s)", [message, _OUTCOME])


async def two_updates(connection: Connection, person: Person) -> None:
    """The least that counting a unit twice can cost."""
    for _ in range(2):
        await connection.execute("update public.bare set used = used + 1 where id = %s", [person.id])


async def pairs_per_second(connections: list[Connection], people: list[Person], pair: Pair) -> float:
    """How many pairs all clients together did in a second."""
    begun = time.perf_counter()

    async def work(connection: Connection, person: Person) -> int:
        done = 0
        while time.perf_counter() - begun < SECONDS:
            await pair(connection, person)
            done += 1
        return done

    # Either one person for all, or one for each.
    working = zip(connections, itertools.cycle(people), strict=False)
    done = await asyncio.gather(*(work(connection, person) for connection, person in working))
    return sum(done) / (time.perf_counter() - begun)


async def measure(running: Stack) -> dict[tuple[str, str], list[float]]:
    """Rates by what is done and for whom. Connections are kept: Postgres plans a function once for each."""
    rates: dict[tuple[str, str], list[float]] = {}
    running.rows("create table public.bare (id uuid primary key, used integer not null default 0)")
    async with _connected(running.database) as connections:
        for round_ in range(ROUNDS + 1):
            step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
            for whose, people in (("1 person", running.people(1)), (f"{CLIENTS} people", running.people(CLIENTS))):
                running.rows("insert into public.bare (id) select unnest(%s::uuid[])", [person.id for person in people])
                for what, pair in (("two bare updates", two_updates), ("admit and settle", admit_and_settle)):
                    rate = await pairs_per_second(connections, people, pair)
                    if round_:
                        rates.setdefault((whose, what), []).append(rate)
    return rates


@asynccontextmanager
async def _connected(database: str) -> AsyncIterator[list[Connection]]:
    connections = [await psycopg.AsyncConnection.connect(database, autocommit=True) for _ in range(CLIENTS)]
    try:
        yield connections
    finally:
        for connection in connections:
            await connection.close()


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        rates = {key: median(values) for key, values in asyncio.run(measure(running)).items()}
    table(
        [f"{CLIENTS} clients at once, {os.cpu_count()} cores", "pairs a second"],
        [[f"{what}, {whose}", f"{rate:.0f}"] for (whose, what), rate in rates.items()],
    )
    for whose in dict.fromkeys(whose for whose, _ in rates):
        bare, ours = rates[whose, "two bare updates"], rates[whose, "admit and settle"]
        ratio(f"two bare updates to admit and settle, {whose}", bare / ours)
    one, many = (rates[whose, "admit and settle"] for whose in dict.fromkeys(whose for whose, _ in rates))
    ratio(f"admit and settle, {CLIENTS} people to 1 person", many / one)


if __name__ == "__main__":
    main()
