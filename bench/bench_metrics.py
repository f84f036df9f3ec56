"""Measures the cost of metrics for an answer: two gateways over one database, one with metrics and one without.

They are asked in pairs with alternating order, so that other work on the machine affects both. First tokens are
compared by their fastest quarter, CPU time over all rounds.
"""

import asyncio
import random

from bench import stack, upstream
from bench.people import User
from bench.report import ms, ratio, step, table
from bench.stack import Stack, Target

AIM = 1.05
ROUNDS = 12
STREAMS = 8
CHUNKS = 300
FIRST_TOKENS = 30
# The gateway without metrics has METRICS=false, the operator's switch.
WITHOUT = "without metrics"
QUESTION = upstream.pace(first=0.02, chunks=CHUNKS, pause=0.01)
SHORT = upstream.pace(first=0.02, chunks=4, pause=0.01)


async def stream(way: Target, people: list[User]) -> float:
    """CPU milliseconds per 1,000 chunks while all clients read at once."""
    listeners = [await way.connect() for _ in people]
    before = way.program.cpu_seconds()
    results = await asyncio.gather(
        *(way.ask(listener, QUESTION, user) for listener, user in zip(listeners, people, strict=True))
    )
    spent = way.program.cpu_seconds() - before
    for result, listener in zip(results, listeners, strict=True):
        assert f"word{CHUNKS - 1} ".encode() in result.body, result
        listener.close()
    return spent * 1000 / (len(people) * CHUNKS / 1000)


async def first_tokens(way: Target, user: User) -> list[float]:
    """Seconds to the first token of sequential questions."""
    listener = await way.connect()
    firsts = []
    for _ in range(FIRST_TOKENS):
        result = await way.ask(listener, SHORT, user)
        assert result.status == 200, result
        assert result.first, result
        firsts.append(result.first)
    listener.close()
    return firsts


def measure(running: Stack) -> tuple[dict[str, float], dict[str, list[float]]]:
    """CPU milliseconds per 1,000 chunks, and the seconds to each first token, by way."""
    ways = [running.ours, running.others[WITHOUT]]
    people = running.people(STREAMS)
    spent: dict[str, float] = dict.fromkeys((way.name for way in ways), 0.0)
    firsts: dict[str, list[float]] = {way.name: [] for way in ways}
    for round_ in range(ROUNDS + 1):
        step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
        for way in random.sample(ways, len(ways)):
            milliseconds = asyncio.run(stream(way, people))
            seconds = asyncio.run(first_tokens(way, people[0]))
            if round_:
                spent[way.name] += milliseconds / ROUNDS
                firsts[way.name] += seconds
    return spent, firsts


def main() -> None:
    """Measures and prints."""
    with stack.running(others={WITHOUT: {"METRICS": "false"}}) as running:
        spent, firsts = measure(running)
    fast = {name: sorted(times)[len(times) // 4] for name, times in firsts.items()}
    middle = {name: sorted(times)[len(times) // 2] for name, times in firsts.items()}
    table(
        ["metrics", "CPU ms per 1,000 chunks", "first token, fastest quarter, ms", "median, ms"],
        [[name, f"{spent[name]:.1f}", ms(fast[name]), ms(middle[name])] for name in spent],
    )
    ours = next(iter(spent))
    ratio("first token with metrics to without", fast[ours] / fast[WITHOUT], AIM)
    ratio("CPU per 1,000 chunks with metrics to without", spent[ours] / spent[WITHOUT], AIM)


if __name__ == "__main__":
    main()
