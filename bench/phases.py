"""The costs of the phases of one answer: CPU of this process by coroutine, and of Postgres by statement.

A phase is a coroutine. Each of its steps is timed, without the phases that it awaits. The clock is the thread's CPU
time, which other programs hardly affect.
"""

import functools
import time
import types
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psycopg

# The polls of a process that has answered and still works, of some microseconds each.
LOOKS = 2000


@dataclass
class Cost:
    """The costs of one phase in all answers: CPU seconds, messages to Postgres, and their WAL."""

    python: float = 0.0
    postgres: float = 0.0
    round_trips: int = 0
    # The start and end position in the WAL of each message; filled while `Phases.wal` is set.
    wal: list[tuple[str, str]] = field(default_factory=list)


class Phases:
    """The costs by phase; one thread has one phase at a time."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}
        self.wal: Callable[[], str] | None = None
        self._stack: list[str] = []
        self._since = 0.0

    def of(self, name: str) -> Cost:
        """The cost of this phase so far."""
        return self.costs.setdefault(name, Cost())

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One uninterrupted step of a phase."""
        self._switch()
        self._stack.append(name)
        try:
            yield
        finally:
            self._switch()
            self._stack.pop()

    def _switch(self) -> None:
        now = time.thread_time()
        if self._stack:
            self.of(self._stack[-1]).python += now - self._since
        self._since = now

    def timed[**P, T](
        self, name: str, function: Callable[P, Coroutine[Any, Any, T]]
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        """Wraps `function` so that each of its steps counts toward this phase."""

        @functools.wraps(function)
        async def wrapped(*arguments: P.args, **named: P.kwargs) -> T:
            return cast("T", await self._steps(name, function(*arguments, **named)))

        return wrapped

    @types.coroutine
    def _steps(self, name: str, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        proceed: Callable[[], Any] = functools.partial(coroutine.send, None)
        while True:
            with self.step(name):
                try:
                    awaited = proceed()
                except StopIteration as end:
                    return end.value
            try:
                proceed = functools.partial(coroutine.send, (yield awaited))
            except BaseException as error:  # noqa: BLE001  the coroutine handles a cancellation too
                proceed = functools.partial(coroutine.throw, error)

    def watch_postgres(self, cursor: type[psycopg.AsyncCursor[Any]]) -> None:
        """Adds every message of this process to its phase, with the CPU time of its backend."""
        execute = cursor.execute

        async def watched(this: psycopg.AsyncCursor[Any], *arguments: Any, **named: Any) -> Any:
            cost = self.of(self._stack[-1] if self._stack else "the rest")
            backend = this.connection.info.backend_pid
            place, before = self._look(backend)
            try:
                return await execute(this, *arguments, **named)
            finally:
                place_after, after = self._look(backend)
                cost.postgres += after - before
                cost.round_trips += 1
                if self.wal is not None:
                    cost.wal.append((place, place_after))

        cursor.execute = watched  # type: ignore[method-assign, assignment]

    def _look(self, backend: int) -> tuple[str, float]:
        """The end of the WAL and the CPU time of the backend so far; this query belongs to no phase."""
        with self.step("the benchmark"):
            return self.wal() if self.wal is not None else "", cpu_seconds(backend)


def cpu_seconds(process: int) -> float:
    """The CPU time of a process in nanoseconds, once it waits for its next message."""
    folder = Path(f"/proc/{process}")
    for _ in range(LOOKS):
        if (folder / "stat").read_text().rpartition(")")[2].split()[0] == "S":
            break
        time.sleep(0)
    return int((folder / "schedstat").read_text().split()[0]) / 1e9
