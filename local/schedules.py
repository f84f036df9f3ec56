"""Runs the template's schedules by the stack's clock, those that a moved clock skipped included.

When each schedule last ran is stored in the database, so that a restarted gateway neither repeats nor skips a run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg

from local.clock import Clock, Reading
from local.cron import Expression, parse
from local.events import schedule_event
from local.jobs import Jobs
from local.template import Trigger
from oneai import log

_DAY = timedelta(days=1)
# Schedules that depend on each other run at least this often.
_FREQUENT = timedelta(minutes=5)
# Quotas are reset at a month's first moment, usage is added up hourly, and summaries are mailed from three o'clock.
_MONTHLY_DONE = timedelta(hours=4)
_MAX_MONTHS = 24
# The clock may also be moved in SQL, which is detected within this time.
_MAX_SLEEP_SECONDS = 5.0


def stops(begins: datetime, ends: datetime) -> list[datetime]:
    """The times at which a clock that jumps ahead stops on its way, for schedules to run.

    None within a day. Else soon after the beginning, so that pending work, such as mail, is done in time, and in the
    first hours of every month, when monthly jobs run. Each stop is made twice, because one job may leave work for
    another, such as mail to send. Of very long jumps only the last two years are run through.
    """
    if ends - begins <= _DAY:
        return []
    month = begins.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = []
    while (month := (month + timedelta(days=32)).replace(day=1)) < ends:
        months.append(month + _MONTHLY_DONE)
    times = [begins + _FREQUENT, *months[-_MAX_MONTHS:]]
    return [each for time in times for each in (time, time + _FREQUENT) if each < ends]


class Scheduler:
    """All schedules of a stack. One run of each at a time.

    `first` is awaited with the current time before anything runs: for a stand-in with timed changes that jobs read.
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
        self._lock = asyncio.Lock()

    async def run_forever(self) -> None:
        """Runs what is due, forever."""
        while True:
            sleep_seconds = _MAX_SLEEP_SECONDS
            try:
                async with self._lock:
                    sleep_seconds = await self._run_due(await self.clock.read())
            except psycopg.OperationalError as error:
                log.warning("schedules wait for the database", reason=type(error).__name__)
            except Exception:  # noqa: BLE001  one bad run must not end all later ones
                log.exception("the scheduler stumbled")
            await asyncio.sleep(sleep_seconds)

    async def advance(self, by: timedelta | datetime) -> Reading:
        """Moves the clock by a step or to a time, and runs each schedule that came due in between once, oldest first.

        More than a day is moved in several steps (`stops`), and each runs what came due in it.
        """
        async with self._lock:
            begins = await self.clock.read()
            await self._last_run_times(begins)  # a new schedule counts from here
            for stop in stops(begins.now, by if isinstance(by, datetime) else begins.now + by):
                await self._run_due(await self.clock.move_to(stop))
            if isinstance(by, datetime):
                reading = await self.clock.move_to(by)
            else:
                reading = await self.clock.advance(begins.ahead + by - (await self.clock.read()).ahead)
            await self._run_due(reading)
            return await self.clock.read()

    async def _run_due(self, reading: Reading) -> float:
        """Runs what is due by `reading`; the seconds until the next may be due."""
        if self.first is not None:
            await self.first(reading.now)
        last_runs = await self._last_run_times(reading)
        moments = {t: e.next_after(last_runs[t.name]) for t, e in self.expressions.items()}
        due = sorted((m, t.name, t) for t, m in moments.items() if m is not None and m <= reading.now)
        for moment, _, trigger in due:
            await self._store_run(trigger, reading.now)
            await self._run(trigger, moment)
        coming = [m for m in moments.values() if m is not None and m > reading.now]
        wait = min((m - reading.now).total_seconds() for m in coming) if coming and not due else _MAX_SLEEP_SECONDS
        return 0.0 if due else min(_MAX_SLEEP_SECONDS, max(0.05, wait))

    async def _run(self, trigger: Trigger, moment: datetime) -> None:
        event = trigger.input or schedule_event(str(uuid4()), moment)
        outcome = await self.jobs.run(trigger.function, event)
        log.info("schedule ran", schedule=trigger.name, status=outcome.status)

    async def _last_run_times(self, reading: Reading) -> dict[str, datetime]:
        if self._last_runs is None:
            self._last_runs = await self._stored_runs()
        for trigger in self.expressions:
            if trigger.name not in self._last_runs:
                await self._store_run(trigger, reading.now)
        return self._last_runs

    async def _stored_runs(self) -> dict[str, datetime]:
        async with self.clock.connection() as connection:
            try:
                cursor = await connection.execute("select schedule, ran_at from local.schedule_runs")
            except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
                return {}
            return dict(await cursor.fetchall())

    async def _store_run(self, trigger: Trigger, moment: datetime) -> None:
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
