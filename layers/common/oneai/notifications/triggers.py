"""The job that posts what time and use cause: quota warnings, monthly summaries, what became of plans, and what
operators should hear of.

However often, late or many at once it runs, each cause has one mail: the database sees to that.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from oneai import log, settings
from oneai.notifications.outbox import OutboxSettings
from oneai.postgres import db

# What a transaction wrote may be seen so much later than the time it wrote beside it.
VISIBILITY_DELAY = timedelta(minutes=15)
# A day with fewer answers is nothing to look at, whatever the person's two weeks before were.
UNUSUAL_ANSWERS = 50
# Summaries wait until the last hour of the month has been added up, and mornings in India.
SUMMARY_HOUR = 3
SUMMARY_DAYS = 7
PEOPLE_AT_ONCE = 500
# A change of a plan is mailed as long after it happened: reconciliation may find it days later.
SUBSCRIPTION_DAYS = 14
# Events that belong together come within seconds; until then a later one may correct what an earlier one said.
SUBSCRIPTION_SETTLES = timedelta(minutes=2)
# So long before a trial turns into a charge its person hears of it: time enough to cancel.
TRIAL_NOTICE = timedelta(days=3)


@dataclass
class _Clock:
    now: datetime
    used_since: datetime | None
    summarised: datetime | None


async def notify() -> dict[str, int]:
    """Posts what is due and counts it: `warnings`, `summaries`, `subscriptions` that changed, `unusual` days, `alerts`
    mailed to operators."""
    clock = await _clock()
    since = (clock.used_since or clock.now) - VISIBILITY_DELAY
    (warnings,) = await db.call("select oneai.enqueue_quota_warnings(%s)", [since])
    (unusual,) = await db.call("select oneai.note_unusual_use(%s, %s)", [since, UNUSUAL_ANSWERS])
    for _ in range(unusual):
        log.count("OperatorAlert", kind="unusual_use")
    await _mark_job("use", clock.now)
    summaries = await _enqueue_summaries(clock)
    (subscriptions,) = await db.call(
        "select oneai.enqueue_subscription_mail(%s, %s, %s)", [SUBSCRIPTION_DAYS, SUBSCRIPTION_SETTLES, TRIAL_NOTICE]
    )
    alerts = 0
    if settings.read(OutboxSettings).operator_email:
        (alerts,) = await db.call("select oneai.enqueue_alert_mail()", [])
    return {
        "warnings": warnings,
        "summaries": summaries,
        "subscriptions": subscriptions,
        "unusual": unusual,
        "alerts": alerts,
    }


async def _enqueue_summaries(clock: _Clock) -> int:
    """In the first days of a month, the one before; killed halfway, the next run begins again and posts the rest."""
    first = clock.now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begins, ends = first + timedelta(hours=SUMMARY_HOUR), first + timedelta(days=SUMMARY_DAYS)
    if not begins <= clock.now < ends or (clock.summarised is not None and clock.summarised >= first):
        return 0
    month: date = (first - timedelta(days=1)).date().replace(day=1)
    posted, after = 0, UUID(int=0)
    while True:
        row: tuple[UUID | None, int] = await db.call(
            "select * from oneai.enqueue_summaries(%s, %s, %s)", [month, after, PEOPLE_AT_ONCE], idempotent=True
        )
        last, more = row
        posted += more
        if last is None:
            await _mark_job("summaries", first)
            return posted
        after = last


async def _clock() -> _Clock:
    (clock,) = await db.as_service(
        """
        select oneai.now() as now, (select done_until from oneai.job_cursors where job = 'use') as used_since,
          (select done_until from oneai.job_cursors where job = 'summaries') as summarised
        """,
        [],
        _Clock,
    )
    return clock


async def _mark_job(job: str, until: datetime) -> None:
    await db.call("select oneai.mark_job(%s, %s)", [job, until], idempotent=True)
