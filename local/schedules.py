"""Runs the template's schedules by the stack's clock, and what a moved clock skipped.

When each schedule last ran is kept in the database, so that a gateway that starts again neither repeats nor forgets.
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
# The schedules that hand work to each other run at least so often.
_FREQUENT = timedelta(minutes=5)
# Quotas are reset at a month's first moment, usage is added up hourly, and summaries are mailed from three o'clock.
_MONTHLY_DONE = timedelta(hours=4)
_MOST_MONTHS = 24
# Somebody may move the clock behind our back, in SQL; that is noticed this late.
_LONGEST_NAP = 5.0


def pauses(begins: datetime, ends: datetime) -> list[datetime]:
    """Where a clock that jumps from one moment to another stands still on its way, for schedules to run.

    Within a day nowhere. Else soon after the beginning, so that what waits there, such as mail, is done in its time,
    and in the first hours of every month, when what is monthly is done. Each time twice: what one job leaves for
    another, as mail is left for the job that sends it, would wait for too long as well. Of very long jumps only the
    last two years are lived through.
    """
    if ends - begins <= _DAY:
        return []
    month = begins.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = []
    while (month := (month + timedelta(days=32)).replace(day=1)) < ends:
        months.append(month + _MONTHLY_DONE)
    stops = [begins + _FREQUENT, *months[-_MOST_MONTHS:]]
    return [each for stop in stops for each in (stop, stop + _FREQUENT) if each < ends]


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
        """Moves the clock by a step or to a moment, and runs once, oldest first, what came due in between.

        More than a day is gone in several steps (`pauses`), and each runs what came due in it.
        """
        async with self._one_at_a_time:
            begins = await self.clock.read()
            await self._known_runs(begins)  # a schedule never seen before counts from here
            for pause in pauses(begins.now, by if isinstance(by, datetime) else begins.now + by):
                await self._run_due(await self.clock.move_to(pause))
            if isinstance(by, datetime):
                reading = await self.clock.move_to(by)
            else:
                reading = await self.clock.advance(begins.ahead + by - (await self.clock.read()).ahead)
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
