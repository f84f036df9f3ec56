"""The days of the last three months, with the incidents that were open on them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from oneai.status.fields import Impact, Incident, StatusDay

DAYS = 90
_IMPACTS: tuple[Impact, ...] = ("minor", "major", "critical")
# Impacts with which a part of the service, or all of it, did not work.
_DOWN: tuple[Impact, ...] = ("major", "critical")


def days(incidents: Sequence[Incident], since: datetime | None, now: datetime) -> list[StatusDay]:
    """The last ninety days including today, oldest first; none before `since`, the time of the first user, because no
    incident can have been opened before it."""
    if since is None:
        return []
    today = now.astimezone(UTC).date()
    first = max(today - timedelta(days=DAYS - 1), since.astimezone(UTC).date())
    return [_day(first + timedelta(days=n), incidents, now) for n in range((today - first).days + 1)]


def _day(day: date, incidents: Sequence[Incident], now: datetime) -> StatusDay:
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    open_then = [each for each in incidents if each.started_at < end and (each.resolved_at or now) > begin]
    down = [
        (max(each.started_at, begin), min(each.resolved_at or now, end)) for each in open_then if each.impact in _DOWN
    ]
    impacts = {each.impact for each in open_then}
    return StatusDay(
        day=day,
        downtime_seconds=round(_union(down).total_seconds()),
        impact=max(impacts, key=_IMPACTS.index, default=None),
    )


def _union(spans: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """The time covered by any of the spans: overlapping incidents count once."""
    total, reached = timedelta(), datetime.min.replace(tzinfo=UTC)
    for start, end in sorted(spans):
        total += max(end - max(start, reached), timedelta())
        reached = max(reached, end)
    return total
