"""Measures what users see of an outage of OpenRouter while the operator has a second route to the model.

People ask at a steady rate. OpenRouter first refuses every request and breaks off what it writes, then, in a second
outage, accepts connections and never answers. Both outages are shortened from ten minutes to less than one; how long a
provider is set aside is as in production. `tests/models/test_outage_under_load.py` has ten minutes of a simulated
clock.
"""

import asyncio
import re
import signal
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import httpx

from bench import programs, stack, upstream
from bench.listener import StreamResult
from bench.people import User
from bench.report import ms, ratio, step, table
from bench.stack import Stack
from local.data_folder import data_folder

MODEL = "openai/gpt-4.1-mini"
RATE, PEOPLE = 5.0, 100
BEFORE, AWAY, AFTER = 6.0, 40.0, 6.0
# An answer of two seconds.
QUESTION = upstream.pace(first=0.1, chunks=40, pause=0.05)


def outcome(result: StreamResult) -> str:
    """How an answer has ended, with the route that wrote it."""
    if result.status != 200:
        return f"refused ({result.status})"
    if b"event: done" in result.body:
        done = result.body.rpartition(b"event: done")[2]
        return "by OpenAI" if re.search(rb'"provider": ?"openai"', done) else "by OpenRouter"
    return "broke off" if b"event: delta" in result.body else "failed"


async def ask(running: Stack, user: User) -> StreamResult:
    """One question over a connection of its own."""
    listener = await running.ours.connect()
    try:
        return await running.ours.ask(listener, QUESTION, user, MODEL)
    finally:
        listener.close()


async def ask_for(running: Stack, people: list[User], seconds: float) -> list[asyncio.Task[StreamResult]]:
    """Asks for this long, at the rate of the benchmark, regardless of earlier answers."""
    asked = []
    for n in range(round(seconds * RATE)):
        asked.append(asyncio.create_task(ask(running, people[n % len(people)])))
        await asyncio.sleep(1 / RATE)
    return asked


async def refuses(running: Stack, away: bool) -> None:
    """OpenRouter refuses, or works again."""
    async with httpx.AsyncClient() as client:
        await client.request("PUT" if away else "DELETE", f"{running.straight.program.address}{upstream.AWAY}")


async def hangs(running: Stack, away: bool) -> None:
    """OpenRouter's process stops, or goes on."""
    running.straight.program.process.send_signal(signal.SIGSTOP if away else signal.SIGCONT)


async def measure(running: Stack) -> dict[str, list[StreamResult]]:
    """The answers of each phase."""
    people = running.people(PEOPLE)
    await ask(running, people[0])
    found: dict[str, list[StreamResult]] = defaultdict(list)
    for name, act in (("refuses", refuses), ("hangs", hangs)):
        if found:
            running.rows("delete from oneai.set_aside_providers")
            await asyncio.sleep(61)  # until the gateway asks OpenRouter first again
        step(f"OpenRouter {name}")
        before = await ask_for(running, people, BEFORE)
        if act is hangs:
            # What it is writing would wait two minutes for the next byte: that is measured where it refuses.
            await asyncio.gather(*before)
        await act(running, away=True)
        during = await ask_for(running, people, AWAY)
        await act(running, away=False)
        after = await ask_for(running, people, AFTER)
        for phase, asked in (("before", before), ("away", during), ("after", after)):
            found[f"{name}, {phase}"] = await asyncio.gather(*asked)
    return found


def main() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory(dir=data_folder()) as folder:
        openai = programs.start("bench.upstream", programs.reserve_port(), Path(folder), {})
        try:
            openai.wait_until_it_listens()
            more = {"OPENAI_BASE_URL": f"{openai.address}/api/v1", "OPENAI_API_KEY": "sk-bench"}
            with stack.running(more=more) as running:
                found = asyncio.run(measure(running))
        finally:
            openai.stop()
    rows = []
    for phase, results in found.items():
        firsts = sorted(each.first for each in results if each.first)
        counted = Counter(map(outcome, results))
        shown = ", ".join(f"{times} {name}" for name, times in sorted(counted.items()))
        rows.append([f"OpenRouter {phase}", len(results), shown, ms(firsts[len(firsts) * 95 // 100])])
    table(["phase", "asked", "answers", "p95 to the first token, ms"], rows)
    for name in ("refuses", "hangs"):
        results = found[f"{name}, away"]
        lost = sum(not outcome(each).startswith("by ") for each in results)
        ratio(f"OpenRouter {name}: share of answers asked meanwhile that failed", lost / len(results), 0.001)
        broken = sum(outcome(each) == "broke off" for each in found[f"{name}, before"])
        print(f"OpenRouter {name}: {broken} answers that it was writing broke off, with their text stored")


if __name__ == "__main__":
    main()
