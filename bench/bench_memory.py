"""Measures the additional peak memory of the gateway for one answer of a megabyte."""

import asyncio

from bench import stack
from bench.listener import StreamResult
from bench.people import User
from bench.report import median, ratio, step, table
from bench.stack import Stack, Target

AIM = 40.0
ROUNDS = 5
MEGABYTE = "local/1mb"
MIB = 1024 * 1024


async def ask(way: Target, user: User, model: str) -> StreamResult:
    """One answer, read to its end."""
    listener = await way.connect()
    heard = await way.ask(listener, "Hello", user, model)
    listener.close()
    return heard


def peaks(running: Stack) -> list[tuple[float, float]]:
    """Idle and peak megabytes, answer after answer. Before the first one the process has only chatted."""
    (user,) = running.people(1)
    gateway = running.ours.program
    for _ in range(20):
        asyncio.run(ask(running.ours, user, "local/echo"))
    measured = []
    for round_ in range(1, ROUNDS + 1):
        step(f"answer {round_} of {ROUNDS}")
        gateway.forget_peak()
        idle = gateway.memory()
        heard = asyncio.run(ask(running.ours, user, MEGABYTE))
        assert len(heard.body) > MIB, heard.status
        assert b"event: done" in heard.body
        measured.append((idle / MIB, gateway.peak_memory() / MIB))
    return measured


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        measured = peaks(running)
    table(
        ["an answer of 1 MB", "idle MB", "peak MB", "above idle"],
        [
            [f"answer {at}", f"{idle:.1f}", f"{peak:.1f}", f"{peak - idle:.1f}"]
            for at, (idle, peak) in enumerate(measured, 1)
        ],
    )
    above = [peak - idle for idle, peak in measured]
    ratio("MB above idle, the most", max(above), AIM)
    ratio("MB above idle, median, per MB of answer", median(above))


if __name__ == "__main__":
    main()
