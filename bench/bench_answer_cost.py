"""Measures the cost of one short answer by phase: CPU milliseconds of Python and of Postgres, messages to Postgres, and
WAL written by its statements.

The function runs in this process and is called as the streaming runtime calls it. One user asks one question after
another; each question begins a conversation and gets a title. The line of the search index is the work of the job that
runs every minute. The last figures are totals per answer.

`python -m bench.bench_answer_cost [ANSWERS]` asks ANSWERS questions instead of 300.
"""

import asyncio
import importlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from bench import stack, upstream
from bench.people import User
from bench.phases import Phases, cpu_seconds
from bench.report import ratio, step, table
from bench.stack import Stack
from local.data_folder import REPOSITORY

WARMING_UP = 30
ANSWERS = 300
# Every WAL entry of these is read.
LOGGED = 30
QUESTION = upstream.pace(first=0.01, chunks=4, pause=0.005)
SECONDS_ALLOWED = 60

PHASES = (
    "parse and authenticate",
    "admit",
    "upstream request",
    "first header",
    "pieces",
    "checkpoint",
    "settle",
    "title",
    "after `done`",
    "search index",
    "the rest",
)
# The phases that the client waits for.
UNTIL_DONE = PHASES[: PHASES.index("title")]


def watch(phases: Phases) -> None:
    """Counts the coroutines of the function."""
    from oneai import chat
    from oneai.chat.turn import answer_metrics, checkpoint, generate, settle, titles
    from oneai.clients.model_streams import completion
    from oneai.http import event_stream, streaming

    phases.watch_postgres(psycopg.AsyncCursor)
    for place, name, phase in (
        (streaming.Endpoint, "__call__", "parse and authenticate"),
        (chat, "admit", "admit"),
        (completion.StreamedCompletion, "_attempt", "upstream request"),
        (event_stream.EventStream, "__call__", "pieces"),
        (generate, "_generate", "pieces"),
        (generate, "_read_upstream", "pieces"),
        (generate, "checkpoint_loop", "checkpoint"),
        (checkpoint, "_checkpoint", "checkpoint"),
        (generate, "settle", "settle"),
        (settle, "_attempt", "settle"),
        (titles, "write", "title"),
    ):
        setattr(place, name, phases.timed(phase, getattr(place, name)))
    emit = answer_metrics.emit

    def emitted(*arguments: Any) -> None:
        with phases.step("after `done`"):
            emit(*arguments)

    answer_metrics.emit = emitted  # type: ignore[assignment]


class Function:
    """The streaming function, in this process."""

    def __init__(self, phases: Phases) -> None:
        sys.path.insert(0, str(REPOSITORY / "functions" / "chat_stream"))
        routes = importlib.import_module("chat_routes")
        watch(phases)
        self._phases = phases
        self._app = routes.application()

    async def ask(self, user: User) -> float:
        """Asks one question and waits for the end of all its work. Returns the seconds until `done`."""
        tasks: set[asyncio.Task[Any]] = set()
        body = json.dumps({"message": QUESTION, "model": upstream.MODEL}).encode()
        parts: list[bytes] = []
        started, done = time.perf_counter(), 0.0

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal done
            if message["type"] == "http.response.start":
                with self._phases.step("first header"):
                    assert message["status"] == 200, message
            elif b"event: done" in message["body"]:
                done = time.perf_counter() - started
            parts.append(message.get("body", b""))

        await self._app(_scope(user, tasks), receive, send)
        while tasks:
            await asyncio.gather(*tasks)
            tasks = {task for task in tasks if not task.done()}
        assert done, b"".join(parts)
        return done


def _scope(user: User, tasks: set[asyncio.Task[Any]]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": "/chat/stream",
        "raw_path": b"/chat/stream",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", f"Bearer {user.token}".encode()), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
        "extensions": {
            "oneai.invocation": {
                "request_id": str(uuid4()),
                "deadline_ms": int((time.time() + SECONDS_ALLOWED) * 1000),
                "tasks": tasks,
            }
        },
    }


@asynccontextmanager
async def clients() -> AsyncIterator[None]:
    """Closes the function's connections at the end."""
    from oneai.models import providers
    from oneai.postgres import db

    try:
        yield
    finally:
        await providers.close()
        await db.close()


async def measure(running: Stack, phases: Phases, answers: int) -> float:
    """Fills `phases`. Returns the CPU seconds of this process in all timed answers."""
    (user,) = running.people(1)
    function = Function(phases)
    async with clients():
        step("warming up")
        for _ in range(WARMING_UP):
            await function.ask(user)
        index(running, phases)
        phases.costs.clear()
        step(f"{answers} answers")
        before = time.process_time()
        for _ in range(answers):
            await function.ask(user)
        spent = time.process_time() - before
        index(running, phases)
        counted, phases.costs = phases.costs, {}
        step(f"what {LOGGED} answers write")
        phases.wal = lambda: str(running.rows("select pg_current_wal_insert_lsn()")[0][0])
        for _ in range(LOGGED):
            await function.ask(user)
        index(running, phases)
        logged, phases.costs = phases.costs, counted
        # WAL that no commit waits for is read as soon as it is written, because a checkpoint might remove it.
        running.rows("select pg_logical_emit_message(false, 'bench', '', true)")
        for name, cost in logged.items():
            phases.of(name).wal = cost.wal
    return spent


def index(running: Stack, phases: Phases) -> None:
    """Does the work of the job for the answers since its last run."""
    cost = phases.of("search index")
    ((backend,),) = running.rows("select pg_backend_pid()")
    place, before = phases.wal() if phases.wal else "", cpu_seconds(backend)
    while running.rows("select oneai.index_queued_answers(200)") != [(0,)]:
        pass
    # The connection belongs to this program, so its backend waits once the rows have arrived.
    cost.postgres += cpu_seconds(backend) - before
    if phases.wal:
        cost.wal.append((place, phases.wal()))


def written(running: Stack, places: list[tuple[str, str]]) -> tuple[float, float]:
    """The WAL written between these positions, per answer: bytes without full page images, and index entries."""
    if not places:
        return 0, 0
    ((size, entries),) = running.rows(
        "select sum(r.record_length - r.fpi_length), count(*) filter (where r.record_type like 'INSERT%%' "
        "and r.resource_manager in ('Btree', 'Gin')) "
        "from unnest(%s::pg_lsn[], %s::pg_lsn[]) as m (first, last) "
        "cross join lateral pg_get_wal_records_info(m.first, m.last) as r where m.first < m.last",
        [first for first, _ in places],
        [last for _, last in places],
    )
    return float(size or 0) / LOGGED, float(entries) / LOGGED


def show(running: Stack, phases: Phases, answers: int, spent: float) -> None:
    """Prints the table and the sums."""
    phases.of("the rest").python = spent - sum(cost.python for cost in phases.costs.values())
    rows = []
    for name in PHASES:
        cost = phases.of(name)
        size, entries = written(running, cost.wal)
        python, postgres = (each * 1000 / answers for each in (cost.python, cost.postgres))
        rows.append([name, f"{python:.2f}", f"{postgres:.2f}", f"{cost.round_trips / answers:.2f}"])
        rows[-1] += [f"{size:.0f}", f"{entries:.1f}"]
    heads = ["one short answer", "Python ms", "Postgres ms", "round trips", "bytes of the log", "index entries"]
    table(heads, rows)
    for label, names in (("until `done`", UNTIL_DONE), ("in all", PHASES)):
        python, postgres = (
            sum(getattr(phases.of(name), kind) for name in names) * 1000 / answers for kind in ("python", "postgres")
        )
        ratio(f"ms of CPU {label}, Python", python)
        ratio(f"ms of CPU {label}, Postgres", postgres)
        ratio(f"ms of CPU {label}", python + postgres)


def main() -> None:
    """Measures and prints, with the load of the machine before and after."""
    print("load average before:", Path("/proc/loadavg").read_text().strip())
    answers = int(sys.argv[1]) if sys.argv[1:] else ANSWERS
    phases = Phases()
    with stack.running() as running:
        running.use_deployed_clock()
        running.rows("create extension pg_walinspect")
        os.environ.update(running.variables)
        stdout, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115  the metrics of the answers
        try:
            spent = asyncio.run(measure(running, phases, answers))
        finally:
            sys.stdout = stdout
        show(running, phases, answers, spent)
    print("load average after:", Path("/proc/loadavg").read_text().strip())


if __name__ == "__main__":
    main()
