"""Measures how one user's flood of requests slows other users, with and without the limits per user.

Three floods: mistyped searches by a user with a huge vocabulary, many followers of one answer, many answers at once.
Functions have as many executions as Lambda reserves for the smallest database (`bench.executions`). Other users
arrive at a steady rate, regardless of earlier ones; each retries until it is served.
`python -m bench.bench_flood 0.1` uses a tenth of the vocabulary.
"""

import asyncio
import random
import string
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from uuid import UUID

import httpx
import psycopg

from bench import stack, unbounded, upstream
from bench.people import User
from bench.report import at_least, ms, ratio, step, table
from bench.stack import Stack

WORDS = 825_000
SEARCHES, FOLLOWERS, ANSWERS = 40, 200, 90
STRANGERS, BETWEEN = 40, 0.25
# Seconds from the start of a flood to the first other user, and the length of an answer of the flood.
BEFORE, LONG = 1.0, 15
LONG_ANSWER = upstream.pace(first=0, chunks=LONG * 10, pause=0.1)
SHORT_ANSWER = upstream.pace(first=0, chunks=1, pause=0)
AIM = 5.0

type Client = httpx.AsyncClient


@dataclass
class Flood:
    """A flood by one user, the requests that it may delay, and the number of its admitted requests."""

    name: str
    begin: Callable[[Client, User, Counter[int]], Coroutine[None, None, None]]
    stranger: Callable[[Client, User], Awaitable[bool]]


def bearer(user: User) -> dict[str, str]:
    """The headers of a request."""
    return {"authorization": f"Bearer {user.token}"}


async def listed(client: Client, user: User) -> bool:
    """Requests a user's list of conversations; whether it succeeded."""
    return (await client.get("/conversations", headers=bearer(user))).status_code == 200


async def answered(client: Client, user: User) -> bool:
    """Asks as a user; whether the first token arrived."""
    body = {"message": SHORT_ANSWER, "model": upstream.MODEL}
    async with client.stream("POST", "/chat/stream", json=body, headers=bearer(user)) as heard:
        async for line in heard.aiter_lines():
            if line == "event: delta":
                return True
    return False


async def search_on_and_on(client: Client, user: User, statuses: Counter[int]) -> None:
    """Runs this many searches concurrently. Each is repeated once answered, at most every two seconds."""

    async def search() -> None:
        chance = random.Random()
        while True:
            started = time.perf_counter()
            words = ("".join(chance.choices(string.ascii_lowercase, k=8)) for _ in range(8))
            found = await client.get("/search", params={"q": " ".join(words)}, headers=bearer(user))
            statuses[found.status_code] += 1
            await asyncio.sleep(max(started + 2 - time.perf_counter(), 0))

    async with asyncio.timeout(BEFORE + STRANGERS * BETWEEN):
        await asyncio.gather(*(search() for _ in range(SEARCHES)))


async def ask_much(client: Client, user: User, statuses: Counter[int], *, count: int = ANSWERS) -> None:
    """Asks for this many answers and reads each to its end."""

    async def ask() -> None:
        body = {"message": LONG_ANSWER, "model": upstream.MODEL}
        statuses[(await client.post("/chat/stream", json=body, headers=bearer(user))).status_code] += 1

    await asyncio.gather(*(ask() for _ in range(count)))


def follow_much(running: Stack) -> Callable[[Client, User, Counter[int]], Coroutine[None, None, None]]:
    """Asks for one answer and reads this many streams of it."""

    async def begin(client: Client, user: User, statuses: Counter[int]) -> None:
        asking = asyncio.create_task(ask_much(client, user, Counter(), count=1))
        message_id = await being_written(running, user)

        async def follow() -> None:
            heard = await client.get(f"/chat/stream/{message_id}", headers=bearer(user))
            statuses[429 if b"rate_limited" in heard.content else heard.status_code] += 1

        await asyncio.gather(asking, *(follow() for _ in range(FOLLOWERS)))

    return begin


async def being_written(running: Stack, user: User) -> UUID:
    """The user's answer, once it is admitted."""
    while True:
        if found := running.rows("select id from oneai.reservations where user_id = %s", user.id):
            answer: UUID = found[0][0]
            return answer
        await asyncio.sleep(0.01)


async def strangers(client: Client, people: list[User], act: Callable[[Client, User], Awaitable[bool]]) -> float:
    """The 95th percentile of the seconds until each was served."""

    async def one(place: int, user: User) -> float:
        await asyncio.sleep(place * BETWEEN)
        started = time.perf_counter()
        while True:
            if await act(client, user):
                return time.perf_counter() - started
            await asyncio.sleep(BETWEEN)

    times = await asyncio.gather(*(one(place, user) for place, user in enumerate(people)))
    return sorted(times)[len(times) * 95 // 100]


async def measure(running: Stack, flood: Flood, flooder: User) -> tuple[float, float, Counter[int]]:
    """Another user's p95 without and during the flood, and the statuses of the flood's own requests."""
    statuses: Counter[int] = Counter()
    address = running.ours.program.address
    async with httpx.AsyncClient(
        base_url=f"{address}/api", timeout=120, limits=httpx.Limits(max_connections=None)
    ) as client:
        people = running.people(STRANGERS)
        await flood.stranger(client, people[0])
        quiet = await strangers(client, people, flood.stranger)
        step(flood.name)
        going = asyncio.create_task(flood.begin(client, flooder, statuses))
        await asyncio.sleep(BEFORE)
        beside = await strangers(client, people, flood.stranger)
        await asyncio.gather(going, return_exceptions=True)
    return quiet, beside, statuses


def learn(running: Stack, user: User, count: int) -> None:
    """Stores this many words that the user wrote before."""
    step(f"{count:,} words")
    chance = random.Random(2026)
    words = {"".join(chance.choices(string.ascii_lowercase, k=chance.randint(6, 10))) for _ in range(count)}
    with psycopg.connect(running.database, autocommit=True) as connection:
        with connection.cursor().copy("copy oneai.search_words (workspace_id, word) from stdin") as copy:
            for word in words:
                copy.write_row((user.id, word))
        connection.execute("analyze oneai.search_words")


def main() -> None:
    """Measures both, and prints."""
    count = round(WORDS * (float(sys.argv[1]) if len(sys.argv) > 1 else 1))
    found: dict[str, list[tuple[float, float, Counter[int]]]] = {}
    for without in (False, True):
        # Every execution has its own connections.
        more = {"DATABASE_POOL_SIZE": "180"} | (unbounded.VARIABLES if without else {})
        with stack.running("bench.executions", more) as running:
            if without:
                unbounded.in_the_database(running)
            (flooder,) = running.people(1)
            learn(running, flooder, count)
            for flood in (
                Flood(f"{SEARCHES} mistyped searches at once, on and on", search_on_and_on, listed),
                Flood(f"{FOLLOWERS} followers of one answer", follow_much(running), answered),
                Flood(f"{ANSWERS} answers at once", ask_much, answered),
            ):
                found.setdefault(flood.name, []).append(asyncio.run(measure(running, flood, flooder)))
    rows = []
    for name, measured in found.items():
        for bounds, (quiet, beside, statuses) in zip(("with", "without"), measured, strict=True):
            rows.append([f"{name}, {bounds} bounds", ms(quiet), ms(beside), f"{beside / quiet:.1f}", shown(statuses)])
    table(["a stranger's p95, ms", "in peace", "beside the flood", "ratio", "the flood was answered"], rows)
    for name, ((quiet, beside, _), (_, unbound, _)) in found.items():
        ratio(f"{name}: a stranger's p95 to that in peace, with bounds", beside / quiet)
        at_least(f"{name}: a stranger's p95 without bounds to that with them", unbound / beside, AIM)


def shown(statuses: Counter[int]) -> str:
    """The number of responses by status; 429 includes followers that a newer one ended."""
    return ", ".join(f"{times} × {status}" for status, times in sorted(statuses.items()))


if __name__ == "__main__":
    main()
