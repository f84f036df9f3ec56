"""Runs the template's schedules by the stack's clock, and what a moved clock skipped.

When each schedule last ran is kept in the database, so that a gateway that starts again neither repeats nor forgets.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from uuid import uuid4

import psycopg

from local.clock import Clock, Reading
from local.cron import Expression, parse
from local.events import schedule_event
from local.jobs import Jobs
from local.template import Trigger
from oneai import log

# Somebody may move the clock behind our back, in SQL; that is noticed this late.
_LONGEST_NAP = 5.0


class Scheduler:
    """All schedules of a stack. One run of each at a time.

    `first` is for whoever else lives by this clock and is looked at by the jobs: it is awaited with the time before
    anything runs.
    """

    def __init__(
        self,
        triggers: Iterable[Trigger],
        clock: Clock,
        jobs: Jobs,
        first: Callable[[datetime], Awaitable[None]] | None = None,
    ) -> None:
        self.expressions: dict[Trigger, Expression] = {t: parse(t.expression, t.timezone) for t in triggers}
        self.clock = clock
        self.jobs = jobs
        self.first = first
        self._last_runs: dict[str, datetime] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def keep_running(self) -> None:
        """Runs what is due, for ever."""
        while True:
            nap = _LONGEST_NAP
            try:
                async with self._one_at_a_time:
                    nap = await self._run_due(await self.clock.read())
            except psycopg.OperationalError as error:
                log.warning("schedules wait for the database", reason=type(error).__name__)
            except Exception:  # noqa: BLE001  one bad run must not end all later ones
                log.exception("the scheduler stumbled")
            await asyncio.sleep(nap)

    async def advance(self, by: timedelta | datetime) -> Reading:
        """Moves the clock by a step or to a moment, and runs once, oldest first, what came due in between."""
        async with self._one_at_a_time:
            await self._known_runs(await self.clock.read())  # a schedule never seen before counts from here
            reading = await (self.clock.move_to(by) if isinstance(by, datetime) else self.clock.advance(by))
            await self._run_due(reading)
            return await self.clock.read()

    async def _run_due(self, reading: Reading) -> float:
        """Runs what is due by `reading`; how long until something else may be."""
        if self.first is not None:
            await self.first(reading.now)
        last_runs = await self._known_runs(reading)
        moments = {t: e.next_after(last_runs[t.name]) for t, e in self.expressions.items()}
        due = sorted((m, t.name, t) for t, m in moments.items() if m is not None and m <= reading.now)
        for moment, _, trigger in due:
            await self._remember(trigger, reading.now)
            await self._run(trigger, moment)
        coming = [m for m in moments.values() if m is not None and m > reading.now]
        wait = min((m - reading.now).total_seconds() for m in coming) if coming and not due else _LONGEST_NAP
        return 0.0 if due else min(_LONGEST_NAP, max(0.05, wait))

    async def _run(self, trigger: Trigger, moment: datetime) -> None:
        event = trigger.input or schedule_event(str(uuid4()), moment)
        outcome = await self.jobs.run(trigger.function, event)
        log.info("schedule ran", schedule=trigger.name, status=outcome.status)

    async def _known_runs(self, reading: Reading) -> dict[str, datetime]:
        if self._last_runs is None:
            self._last_runs = await self._stored_runs()
        for trigger in self.expressions:
            if trigger.name not in self._last_runs:
                await self._remember(trigger, reading.now)
        return self._last_runs

    async def _stored_runs(self) -> dict[str, datetime]:
        async with self.clock.connection() as connection:
            try:
                cursor = await connection.execute("select schedule, ran_at from local.schedule_runs")
            except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
                return {}
            return dict(await cursor.fetchall())

    async def _remember(self, trigger: Trigger, moment: datetime) -> None:
        if self._last_runs is not None:
            self._last_runs[trigger.name] = moment
        async with self.clock.connection() as connection:
            try:
                await connection.execute(
                    "insert into local.schedule_runs values (%s, %s) "
                    "on conflict (schedule) do update set ran_at = excluded.ran_at",
                    [trigger.name, moment],
                )
            except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
                return
