"""What memory the chat function needs: the first token, pieces that come late, and the price of a million answers.

A process of the function runs on Lambda's share of a core for each memory, one answer at a time, as on demand. The init
has a whole core, as at Lambda. A snapshot is a process that has imported everything before its first question; how long
Lambda takes to restore it was not measured. A piece is late where it comes more than 100 ms after its place.
"""

import asyncio
import random
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import stack, upstream
from bench.bench_many import MIB, cpu_seconds, function, late, listen
from bench.cpu_share import share_of
from bench.people import User
from bench.programs import status_bytes
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack
from deploy.cost import PRICES
from local.lambda_runtime import RuntimeApi

MEMORIES = (256, 512, 1024)
ROUNDS = 4
ANSWERS = 2
PIECES, PAUSE, THINKING = 400, 0.02, 0.4
SHORT = upstream.pace(first=0.05, chunks=5, pause=PAUSE)
USUAL = upstream.pace(first=THINKING, chunks=PIECES, pause=PAUSE)
MODEL_SECONDS = THINKING + PIECES * PAUSE


@dataclass
class Figures:
    """What one memory takes, in seconds, bytes and pieces."""

    cold: list[float] = field(default_factory=list)
    """Until the first token of a new process."""
    restored: list[float] = field(default_factory=list)
    """The same with everything imported before."""
    warm: list[float] = field(default_factory=list)
    """Of a process that has answered before, without the model's own time."""
    over: list[float] = field(default_factory=list)
    """By how much an answer took longer than its model."""
    cpu: list[float] = field(default_factory=list)
    late: int = 0
    pieces: int = 0
    peak: int = 0


@asynccontextmanager
async def environment(running: Stack, megabytes: int, *, snapshot: bool) -> AsyncIterator[tuple[RuntimeApi, int]]:
    """A new process on the CPU share of a function with this much memory (MB)."""
    with share_of(megabytes) as limit:
        async with function(running, 1 if snapshot else None) as (api, process):
            limit(process.pid)
            yield api, process.pid


async def measure(running: Stack, user: User, megabytes: int, figures: Figures) -> None:
    """A new process with a snapshot and one without; the first goes on to answer."""
    async with environment(running, megabytes, snapshot=False) as (api, _):
        figures.cold.append((await _answer(api, user, SHORT))[0])
    async with environment(running, megabytes, snapshot=True) as (api, pid):
        figures.restored.append((await _answer(api, user, SHORT))[0])
        for _ in range(ANSWERS):
            cpu, loop = cpu_seconds(pid), asyncio.get_running_loop()
            started = loop.time()
            first, arrivals = await _answer(api, user, USUAL)
            figures.over.append(loop.time() - started - MODEL_SECONDS)
            figures.cpu.append(cpu_seconds(pid) - cpu)
            figures.warm.append(first - THINKING)
            figures.late += late(arrivals, PAUSE)
            figures.pieces += len(arrivals)
        figures.peak = max(figures.peak, status_bytes(pid, "VmHWM"))


async def _answer(api: RuntimeApi, user: User, question: str) -> tuple[float, list[float]]:
    answered = await listen(api, user, question)
    assert answered is not None, "an answer did not end with done"
    return answered


def per_million(megabytes: int, over: float) -> float:
    """Dollars for a million answers that wait for their model as `deploy/prices.toml` says."""
    prices = tomllib.loads(PRICES.read_text())
    seconds = prices["answer"]["seconds"] + over
    return float(seconds * megabytes / 1024 * prices["lambda"]["per_gb_second"] * 1e6)


def main() -> None:
    """Measures and prints."""
    print("load average before:", Path("/proc/loadavg").read_text().strip())
    by_memory = {megabytes: Figures() for megabytes in MEMORIES}
    with stack.running() as running:
        (user,) = running.people(1)
        for round_ in range(1, ROUNDS + 1):
            step(f"round {round_} of {ROUNDS}")
            for megabytes in random.sample(MEMORIES, len(MEMORIES)):
                asyncio.run(measure(running, user, megabytes, by_memory[megabytes]))
    print("load average after:", Path("/proc/loadavg").read_text().strip())
    heads = [
        "MB",
        "first token ms, warm",
        "most",
        "of a snapshot",
        "cold",
        "late pieces",
        "CPU s",
        "peak MB",
        "$ a million",
    ]
    rows = [
        [
            str(megabytes),
            ms(median(each.warm)),
            ms(max(each.warm)),
            ms(median(each.restored)),
            ms(median(each.cold)),
            f"{each.late} of {each.pieces}",
            f"{median(each.cpu):.2f}",
            f"{each.peak / MIB:.0f}",
            f"{per_million(megabytes, median(each.over)):.2f}",
        ]
        for megabytes, each in by_memory.items()
    ]
    table(heads, rows)
    small, large = by_memory[MEMORIES[0]], by_memory[MEMORIES[-1]]
    ratio("late pieces of the smallest memory, of all", small.late / small.pieces, 0.01)
    ratio("first token of the smallest memory to the largest, warm", median(small.warm) / median(large.warm))


if __name__ == "__main__":
    main()
