"""Measures the CPU of a streamed chunk in the full gateway, beside a proxy that does nothing.

CPU is that of the process, user and system. Chunks are counted as the upstream sends them, each in its own write.
"""

import asyncio

from bench import stack, upstream
from bench.people import User
from bench.report import median, ratio, step, table
from bench.stack import Stack, Target

AIM = 1.4
ROUNDS = 5
STREAMS = 16
CHUNKS = 300
# Fifty tokens a second, the speed of a fast model.
QUESTION = upstream.pace(first=0.05, chunks=CHUNKS, pause=0.02)


async def stream(way: Target, people: list[User]) -> float:
    """CPU milliseconds per 1,000 chunks, while all clients read at once."""
    listeners = [await way.connect() for _ in people]
    before = way.program.cpu_seconds()
    heard = await asyncio.gather(
        *(way.ask(listener, QUESTION, user) for listener, user in zip(listeners, people, strict=True))
    )
    spent = way.program.cpu_seconds() - before
    for one, listener in zip(heard, listeners, strict=True):
        assert f"word{CHUNKS - 1} ".encode() in one.body, one
        listener.close()
    return spent * 1000 / (STREAMS * CHUNKS / 1000)


def measure(running: Stack) -> dict[str, list[float]]:
    """Measures the routes in turn, round after round. The first round warms up."""
    people = running.people(STREAMS)
    spent: dict[str, list[float]] = {}
    for round_ in range(ROUNDS + 1):
        step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
        for way in (running.bare, running.ours):
            milliseconds = asyncio.run(stream(way, people))
            if round_:
                spent.setdefault(way.name, []).append(milliseconds)
    return spent


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        spent = measure(running)
    bare, ours = (median(values) for values in spent.values())
    table(
        [f"CPU per 1,000 chunks, {STREAMS} streams at 50 a second each", "median ms", "least ms"],
        [[name, f"{median(values):.0f}", f"{min(values):.0f}"] for name, values in spent.items()],
    )
    ratio("our CPU to the bare proxy's", ours / bare, AIM)


if __name__ == "__main__":
    main()
