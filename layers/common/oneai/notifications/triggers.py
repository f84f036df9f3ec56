"""The job that queues mail triggered by time and usage: quota warnings, monthly summaries, weeks of
chatbots, subscription changes and operator alerts.

It may run late, repeatedly or concurrently, because a unique key in the database limits each cause to one mail.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from oneai import metrics, settings
from oneai.notifications.outbox import OutboxSettings
from oneai.postgres import db

# A row may become visible this much later than its timestamp.
VISIBILITY_DELAY = timedelta(minutes=15)
# Days with fewer answers are never unusual, however the previous two weeks were.
UNUSUAL_ANSWERS = 50
# Summaries wait until the month's last hour is added up, and for the morning in India.
SUMMARY_HOUR = 3
SUMMARY_DAYS = 7
PEOPLE_AT_ONCE = 500
# How often workspaces are asked whether their week has ended, and how many in one statement.
WEEKS_EVERY = timedelta(hours=1)
WORKSPACES_AT_ONCE = 200
# Mail about a subscription change is sent up to this long after it, because reconciliation may find it days later.
SUBSCRIPTION_DAYS = 14
# Related provider events arrive within seconds; a later one may correct an earlier one.
SUBSCRIPTION_SETTLES = timedelta(minutes=2)
# How long before a trial's first charge its mail is sent: enough time to cancel.
TRIAL_NOTICE = timedelta(days=3)


@dataclass
class _Clock:
    now: datetime
    used_since: datetime | None
    summarised: datetime | None
    weeks_until: datetime | None


async def notify() -> dict[str, int]:
    """Queues due mail and counts it: `warnings`, events of `low_credits`, `ending_credits`, `summaries`, `weeks` of
    chatbots, changed `subscriptions`, `unusual` days, `alerts` to operators, `workspaces` that will be erased within a
    week."""
    clock = await _clock()
    since = (clock.used_since or clock.now) - VISIBILITY_DELAY
    (warnings,) = await db.call("select oneai.enqueue_quota_warnings(%s)", [since])
    (low,) = await db.call("select oneai.note_low_credits(%s)", [since])
    (unusual,) = await db.call("select oneai.note_unusual_use(%s, %s)", [since, UNUSUAL_ANSWERS])
    for _ in range(unusual):
        metrics.count(metrics.OPERATOR_ALERTS, of="unusual_use")
    await _mark_job("use", clock.now)
    summaries = await _enqueue_summaries(clock)
    weeks = await _enqueue_weeks(clock)
    (subscriptions,) = await db.call(
        "select oneai.enqueue_subscription_mail(%s, %s, %s)", [SUBSCRIPTION_DAYS, SUBSCRIPTION_SETTLES, TRIAL_NOTICE]
    )
    (workspaces,) = await db.call("select oneai.enqueue_workspace_deletion_reminders()", [])
    (ending,) = await db.call("select oneai.enqueue_ending_credits()", [])
    alerts = 0
    if settings.read(OutboxSettings).operator_email:
        (alerts,) = await db.call("select oneai.enqueue_alert_mail()", [])
    return {
        "warnings": warnings,
        "low_credits": low,
        "ending_credits": ending,
        "summaries": summaries,
        "weeks": weeks,
        "subscriptions": subscriptions,
        "unusual": unusual,
        "alerts": alerts,
        "workspaces": workspaces,
    }


async def _enqueue_summaries(clock: _Clock) -> int:
    """In the first days of a month, queues mail about the month before; the next run continues after an
    interruption."""
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


async def _enqueue_weeks(clock: _Clock) -> int:
    """Once an hour, queues mail about the last week in the workspaces where it is Monday morning. A run that is
    interrupted marks nothing, and the next one asks all workspaces again."""
    if clock.weeks_until is not None and clock.now < clock.weeks_until + WEEKS_EVERY:
        return 0
    posted, after = 0, UUID(int=0)
    while True:
        row: tuple[UUID | None, int] = await db.call(
            "select * from oneai.enqueue_weekly_mail(%s, %s)", [after, WORKSPACES_AT_ONCE], idempotent=True
        )
        last, more = row
        posted += more
        if last is None:
            await _mark_job("weeks", clock.now)
            return posted
        after = last


async def _clock() -> _Clock:
    (clock,) = await db.as_service(
        """
        select oneai.now() as now, (select done_until from oneai.job_cursors where job = 'use') as used_since,
          (select done_until from oneai.job_cursors where job = 'summaries') as summarised,
          (select done_until from oneai.job_cursors where job = 'weeks') as weeks_until
        """,
        [],
        _Clock,
    )
    return clock


async def _mark_job(job: str, until: datetime) -> None:
    await db.call("select oneai.mark_job(%s, %s)", [job, until], idempotent=True)
