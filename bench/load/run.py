"""Sends each request at its time, even while earlier ones wait, and watches the stack."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.load.client import Client, Failed, Sample
from bench.load.traffic import ACTS, Arrival
from bench.load.users import Users
from bench.load.watched import Times, Watched
from bench.progress import Progress

# The maximum seconds for the last answers of a run.
_PATIENCE = 120.0


@dataclass
class Run:
    """What a run of this length measured."""

    seconds: float
    samples: list[Sample] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    """The gateway's resident memory: seconds of the run, megabytes."""
    streams: list[tuple[float, float]] = field(default_factory=list)
    """How many streams were open."""
    lateness: list[float] = field(default_factory=list)
    """Seconds by which each arrival was sent later than it was drawn for: the measuring program waited itself."""
    unfinished: int = 0
    """Users who still waited long after the end."""
    processor: Times | None = None
    """Who used the processors; None where the system does not tell."""


async def send(
    users: Users, client: Client, arrivals: Sequence[Arrival], seconds: float, watched: Watched | None
) -> Run:
    """Runs everything. `watched` are the stack's processes, or None if they are not visible."""
    run = Run(seconds)
    acting: set[asyncio.Task[None]] = set()
    await _warm_up(users)
    client.begin()
    if watched is not None:
        watched.begin()
    watching = asyncio.create_task(_watch(run, client, watched))
    try:
        for arrival in arrivals:
            await asyncio.sleep(max(arrival.at - client.now(), 0))
            run.lateness.append(client.now() - arrival.at)
            task = asyncio.create_task(_act(users, arrival))
            acting.add(task)
            task.add_done_callback(acting.discard)
        await asyncio.sleep(max(seconds - client.now(), 0))
        run.processor = watched.processor_times() if watched is not None else None
        if acting:
            _, waiting = await asyncio.wait(acting, timeout=_PATIENCE)
            run.unfinished = len(waiting)
    finally:
        watching.cancel()
        for task in [*acting]:
            task.cancel()
        client.close()
    run.samples = client.samples
    return run


async def _warm_up(users: Users) -> None:
    """Lets the last user do everything once, so that first uses are not measured."""
    for act in ACTS:
        await _act(users, Arrival(0, len(users.users) - 1, act))


async def _act(users: Users, arrival: Arrival) -> None:
    try:
        await users.act(arrival.user, arrival.act)
    except Failed:
        return  # recorded as a sample with an error


async def _watch(run: Run, client: Client, watched: Watched | None) -> None:
    progress = Progress(run.seconds, "s")
    try:
        while True:
            at = client.now()
            run.streams.append((at, client.open_streams))
            if watched is not None:
                run.memory.append((at, watched.memory() / 1_000_000))
            errors = sum(sample.error is not None for sample in client.samples)
            note = f"{len(client.samples)} requests, {client.open_streams} streams open, {errors} errors"
            progress.show(round(min(at, run.seconds), 1), note)
            await asyncio.sleep(1)
    finally:
        progress.end()
