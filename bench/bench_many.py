"""Measures many concurrent answers in one process of the chat, under the Runtime API with that concurrency.

Each number of streams has its own process, and its streams start within five seconds. The upstream sends pieces at a
steady pace by its own clock. CPU is that of the function's process alone: Postgres, the upstream and this program share
the machine and are counted separately. A piece is late if it arrives more than 100 ms after its scheduled time.

`python -m bench.bench_many [STREAMS…]` measures these numbers of streams alone.
"""

import asyncio
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import stack, upstream
from bench.people import User
from bench.programs import status_bytes, unix_sockets
from bench.report import ms, ratio, step, table
from bench.stack import Stack
from local.data_folder import REPOSITORY
from local.environment import python_environment
from local.lambda_runtime import Invocation, RuntimeApi, serving
from local.lambda_runtime.execution_environment import start_process

STREAMS = (1, 16, 64, 200, 500, 1000)
PACES = (5, 50)
"""Pieces a second; the second pace for FAST streams only."""
FAST = 200
SECONDS = 20
BEGIN_SECONDS = 5.0
LATE_SECONDS = 0.1
MIB = 1024 * 1024
_FOLDER = REPOSITORY / "functions" / "chat_stream"


@dataclass
class Run:
    """One number of streams at one pace."""

    streams: int
    pace: int
    first_tokens: list[float]
    cpu: float
    """Seconds, of the function's process."""
    harness_cpu: float
    """Seconds, of this program."""
    memory: int
    """Bytes that are resident in the middle of the streams beside those before."""
    connections: int
    late: int
    pieces: int
    failed: int
    """Streams that were refused or did not end with `done`."""

    @property
    def cpu_per_1000(self) -> float:
        """Milliseconds of CPU per 1,000 pieces."""
        return self.cpu * 1000 / max(self.pieces / 1000, 0.001)

    @property
    def memory_per_stream(self) -> float:
        """Megabytes."""
        return self.memory / MIB / self.streams

    def quantile(self, share: float) -> float:
        """A percentile of the seconds until the first token."""
        return sorted(self.first_tokens)[math.ceil(share * len(self.first_tokens)) - 1] if self.first_tokens else 0.0


@asynccontextmanager
async def function(
    running: Stack, concurrency: int | None
) -> AsyncIterator[tuple[RuntimeApi, asyncio.subprocess.Process]]:
    """Starts the chat in its own process and waits until it polls; without a concurrency as on demand."""
    variables = {
        **os.environ,
        **python_environment(),
        **running.variables,
        "_HANDLER": "main.app",
        "LAMBDA_TASK_ROOT": str(_FOLDER),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "DATABASE_POOL_SIZE": "1",
    }
    if concurrency is not None:
        variables |= {
            "AWS_LAMBDA_MAX_CONCURRENCY": str(concurrency),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "lambda-managed-instances",
        }
    async with serving(concurrency or 1) as api:
        with tempfile.TemporaryFile() as output:
            environment = variables | {"AWS_LAMBDA_RUNTIME_API": api.address}
            process = await start_process(environment, _FOLDER, output)
            try:
                await api.called("/next")
                yield api, process
            finally:
                process.terminate()
                await process.wait()


def ask(api: RuntimeApi, user: User, question: str) -> Invocation:
    """A question as an event of API Gateway."""
    headers = {"Authorization": f"Bearer {user.token}", "Content-Type": "application/json"}
    event = {
        "resource": "/chat/stream",
        "path": "/chat/stream",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": {"stage": "api", "identity": {"sourceIp": "203.0.113.7"}},
        "body": json.dumps({"message": question, "model": upstream.MODEL}),
        "isBase64Encoded": False,
    }
    return api.invoke(event, timeout_s=900)


async def listen(api: RuntimeApi, user: User, question: str, after: float = 0) -> tuple[float, list[float]] | None:
    """Asks after `after` seconds. Returns the seconds until the first token and the arrival of each piece, or None
    if the stream does not end with `done`: an overloaded process refuses questions."""
    await asyncio.sleep(after)
    started = time.perf_counter()
    invocation = ask(api, user, question)
    arrivals: list[float] = []
    last = b""
    while (chunk := await invocation.chunk()) is not None:
        # Pieces that were read together have the same time.
        arrivals += [time.perf_counter()] * chunk.count(b"word")
        last = chunk
    if b"event: done" not in last:
        return None
    return arrivals[0] - started, arrivals


def cpu_seconds(pid: int) -> float:
    """CPU of a process so far, in finer steps than /proc has: one stream needs little.

    The clock's number is that of Linux's `clock_getcpuclockid(3)`.
    """
    return time.clock_gettime(~pid << 3 | 2)


def late(arrivals: list[float], pause: float) -> int:
    """The number of late pieces, relative to the earliest piece of the stream."""
    places = [arrival - at * pause for at, arrival in enumerate(arrivals)]
    earliest = min(places)
    return sum(place - earliest > LATE_SECONDS for place in places)


async def measure(running: Stack, people: list[User], pace: int) -> Run:
    """One concurrent answer for each of these users, in a process that has answered before."""
    count = len(people)
    question = upstream.pace(first=0.05, chunks=SECONDS * pace, pause=1 / pace)
    async with function(running, count) as (api, process):
        others = unix_sockets(process.pid)
        await listen(api, people[0], upstream.pace(first=0.05, chunks=5, pause=0.1))
        await api.called("/next", times=count + 1)
        memory, cpu, own = status_bytes(process.pid, "VmRSS"), cpu_seconds(process.pid), time.process_time()
        reading = [
            asyncio.create_task(listen(api, user, question, at * BEGIN_SECONDS / count))
            for at, user in enumerate(people)
        ]
        resident, connections = 0, 0
        while any(not task.done() for task in reading):
            await asyncio.wait(reading, timeout=SECONDS / 8)
            resident = max(resident, status_bytes(process.pid, "VmRSS"))
            connections = max(connections, unix_sockets(process.pid) - others)
        results = [result for task in reading if (result := task.result()) is not None]
        return Run(
            count,
            pace,
            [first for first, _ in results],
            cpu_seconds(process.pid) - cpu,
            time.process_time() - own,
            max(resident - memory, 0),
            connections,
            sum(late(arrivals, 1 / pace) for _, arrivals in results),
            sum(len(arrivals) for _, arrivals in results),
            count - len(results),
        )


def show(runs: list[Run]) -> None:
    """A table of all runs, and the ratios to one stream."""
    one = runs[0]
    heads = ["streams", "a second", "first p50 ms", "p95", "CPU ms / 1,000", "ratio", "MB a stream", "connections"]
    rows = [
        [
            str(run.streams),
            str(run.pace),
            ms(run.quantile(0.5)),
            ms(run.quantile(0.95)),
            f"{run.cpu_per_1000:.0f}",
            f"{run.cpu_per_1000 / one.cpu_per_1000:.2f}",
            f"{run.memory_per_stream:.2f}",
            f"{run.connections} of {math.ceil(run.streams / 16) + 2}",
            f"{run.late} of {run.pieces}",
            str(run.failed),
            f"{run.harness_cpu:.1f}",
        ]
        for run in runs
    ]
    table([*heads, "late", "failed", "harness CPU s"], rows)
    largest = max((run for run in runs if run.pace == PACES[0]), key=lambda run: run.streams)
    ratio(f"MB a stream, with {largest.streams}", largest.memory_per_stream, 1)
    for run in runs:
        if run.streams == FAST and run.pace == PACES[0]:
            ratio(f"CPU per 1,000 pieces with {FAST} to that of one", run.cpu_per_1000 / one.cpu_per_1000, 1.3)
    most = max(run.connections / (math.ceil(run.streams / 16) + 2) for run in runs)
    ratio("connections, of a sixteenth of the streams and two more, the most", most, 1.01)


def main() -> None:
    """Measures and prints, with the load of the machine before and after."""
    counts = [int(each) for each in sys.argv[1:]] or list(STREAMS)
    print("load average before:", Path("/proc/loadavg").read_text().strip())
    runs = []
    with stack.running() as running:
        people = running.people(max(counts))
        for count in counts:
            for pace in PACES if count == FAST and not sys.argv[1:] else PACES[:1]:
                step(f"{count} streams of {pace} pieces a second")
                runs.append(asyncio.run(measure(running, people[:count], pace)))
    print("load average after:", Path("/proc/loadavg").read_text().strip())
    show(runs)


if __name__ == "__main__":
    main()
