"""The stretch of time somebody asks about: two days of their calendar, or two instants."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from oneai import db
from oneai.field_errors import invalid

# What nobody states: the last thirty days, today included.
USUAL_DAYS = 30
# A year by the day is a page; more is for the export.
MOST_DAYS = 400
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Span:
    """`since` up to, not including, `until`, on quarter hours, as calendars of `zone` count days."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def tz(self) -> str:
        """The IANA name of the zone."""
        return self.zone.key


async def asked(since: str | None, until: str | None, tz: str) -> Span:
    """`span` as of the database's clock."""
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    return span(since, until, tz, now=now)


def span(since: str | None, until: str | None, tz: str, *, now: datetime, most_days: int = MOST_DAYS) -> Span:
    """What `from`, `to` and `tz` mean: dates are whole days of `tz`, `to` included; instants are rounded out to quarter
    hours. Raises InvalidRequest naming the field."""
    zone = _zone(tz)
    today = now.astimezone(zone).date()
    end = _instant("to", until, zone, end=True) if until else _midnight(today + timedelta(days=1), zone)
    if since:
        begin = _instant("from", since, zone, end=False)
    else:
        begin = _midnight(_shifted("to", end.astimezone(zone).date(), -USUAL_DAYS), zone)
    if begin >= end:
        raise invalid("from", "out_of_order", "`from` must lie before `to`.")
    if end - begin > timedelta(days=most_days + 1):
        raise invalid("from", "too_long", f"At most {most_days} days at once.")
    return Span(begin, end, zone)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(tz: str) -> ZoneInfo:
    if tz not in _zones():
        raise invalid("tz", "unknown_time_zone", "This is not a time zone's name, such as Asia/Kolkata.")
    return ZoneInfo(tz)


def _instant(field: str, text: str, zone: ZoneInfo, *, end: bool) -> datetime:
    try:
        if len(text) == len("2026-11-21"):
            day = date.fromisoformat(text)
            return _midnight(_shifted(field, day, 1) if end else day, zone)
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        at = at.astimezone(UTC)
        rest = (at - datetime(2000, 1, 1, tzinfo=UTC)) % QUARTER
        return at - rest + (QUARTER if end and rest else timedelta(0))
    except (ValueError, OverflowError):
        raise invalid(
            field, "wrong_format", "A date such as 2026-11-21, or a time such as 2026-11-21T08:00:00Z."
        ) from None


def _shifted(field: str, day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise invalid(field, "invalid", "This day is beyond every calendar.") from None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("from", "invalid", "This day is beyond every calendar.") from None
