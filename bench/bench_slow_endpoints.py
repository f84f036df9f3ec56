"""Measures how much slow servers of workspaces delay other users, with and without the limit of their answers at once.

A custom provider's server may wait as long as it likes, and an answer that waits for it occupies an execution of the
chat. Functions have as many executions as Lambda reserves for the smallest database (`bench.executions`). Other users
arrive at a steady rate, regardless of earlier ones; each retries until the first token. Those who ask the slow servers
wait as long as a refusal says, because `bench.bench_flood` measures what refused requests cost.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from bench import stack, unbounded, upstream
from bench.bench_flood import BEFORE, answered, bearer, shown, strangers
from bench.people import User
from bench.report import ms, ratio, step, table
from bench.stack import Stack

SERVERS, ACCOUNTS, STRANGERS = 20, 60, 40
# Seconds that a slow server waits before its one word.
SILENCE = 20.0
# Seconds in which the servers' users arrive.
ARRIVAL = 5.0
QUESTION = upstream.pace(first=SILENCE, chunks=1, pause=0)
AIM = 2.0


@dataclass(frozen=True)
class Slow:
    """A user, and a server of theirs."""

    user: User
    model: str


async def add_servers(client: httpx.AsyncClient, address: str, user: User, count: int) -> list[Slow]:
    """Gives the user's workspace this many servers."""
    found = []
    for n in range(count):
        body = {
            "provider": "custom",
            "name": f"Server {n}",
            "key": f"key-{user.id}-{n}",
            "base_url": f"{address}/api/v1",
        }
        added = await client.post("/settings/provider-keys", json=body, headers=bearer(user))
        added.raise_for_status()
        found.append(Slow(user, f"custom/{added.json()['id']}/slow"))
    return found


async def ask_again_and_again(client: httpx.AsyncClient, slow: Slow, statuses: Counter[int]) -> None:
    """Asks the server until it is cancelled."""
    chance = random.Random(slow.model)
    await asyncio.sleep(chance.uniform(0, ARRIVAL))
    while True:
        body = {"message": QUESTION, "model": slow.model}
        async with client.stream("POST", "/chat/stream", json=body, headers=bearer(slow.user)) as heard:
            statuses[heard.status_code] += 1
            async for _ in heard.aiter_lines():
                pass
        await asyncio.sleep(float(heard.headers.get("retry-after", 0)) + chance.random())


async def beside(
    client: httpx.AsyncClient, people: list[User], slow: Sequence[Slow]
) -> tuple[float, float, Counter[int]]:
    """Other users' p95 in peace, before and after, and while these servers are asked; the statuses of those who ask
    them."""
    before = await strangers(client, people, answered)
    statuses: Counter[int] = Counter()
    flood = [asyncio.create_task(ask_again_and_again(client, each, statuses)) for each in slow]
    await asyncio.sleep(ARRIVAL + BEFORE)
    busy = await strangers(client, people, answered)
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)
    await asyncio.sleep(SILENCE + 2)  # until the last answer has ended
    after = await strangers(client, people, answered)
    # Others use this machine too: of two measurements in peace the mean counts.
    return (before + after) / 2, busy, statuses


async def measure(running: Stack) -> dict[str, tuple[float, float, Counter[int]]]:
    """Other users' p95 in peace and beside each flood."""
    address = running.ours.program.address
    upstream_address = running.straight.program.address
    unlimited = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=f"{address}/api", timeout=300, limits=unlimited) as client:
        people = running.people(STRANGERS)
        await strangers(client, people, answered)
        found = {}
        (one,) = running.people(1)
        step(f"{SERVERS} slow servers of one free account")
        of_one = await add_servers(client, upstream_address, one, SERVERS)
        found["of one account"] = await beside(client, people, of_one)
        step(f"{ACCOUNTS} slow servers of as many accounts")
        of_many = [
            slow for user in running.people(ACCOUNTS) for slow in await add_servers(client, upstream_address, user, 1)
        ]
        found[f"of {ACCOUNTS} accounts"] = await beside(client, people, of_many)
    return found


def main() -> None:
    """Measures with and without the limits, and prints."""
    found = {}
    for bounds in ("with", "without"):
        more = {"DATABASE_POOL_SIZE": "180", "CUSTOM_ANSWERS_AT_ONCE": "12"}
        if bounds == "without":
            more |= unbounded.VARIABLES | {"CUSTOM_ANSWERS_AT_ONCE": "9999"}
        with stack.running("bench.executions", more) as running:
            found[bounds] = asyncio.run(measure(running))
    rows = [
        [f"{flood}, {bounds} limits", ms(quiet), ms(busy), f"{busy / quiet:.1f}", shown(statuses)]
        for bounds, measured in found.items()
        for flood, (quiet, busy, statuses) in measured.items()
    ]
    table(
        ["slow servers", "others' p95 in peace, ms", "beside them", "ratio", "the servers' users were answered"], rows
    )
    for flood, (quiet, busy, _) in found["with"].items():
        ratio(f"slow servers {flood}: others' p95 to that in peace", busy / quiet, AIM)
    ratio("the same without limits, at worst", max(busy / quiet for quiet, busy, _ in found["without"].values()))


if __name__ == "__main__":
    main()
