"""The date range of a usage report: two days of a calendar, or two instants."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oneai import times
from oneai.field_errors import InvalidValue, invalid
from oneai.postgres import db

# The default: the last 30 days, including today.
DEFAULT_DAYS = 30
# A year by day fits one page; the export supports longer ranges.
MAX_DAYS = 400
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class DateRange:
    """`since` inclusive to `until` exclusive, on quarter hours; days are those of `zone`."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def tz(self) -> str:
        """The IANA name of the zone."""
        return self.zone.key


async def resolve_range(since: str | None, until: str | None, tz: str) -> DateRange:
    """`parse_range` with the database's clock."""
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    return parse_range(since, until, tz, now=now)


def parse_range(since: str | None, until: str | None, tz: str, *, now: datetime, max_days: int = MAX_DAYS) -> DateRange:
    """Parses `from`, `to` and `tz` as defined in `times`; instants are rounded outwards to quarter hours.

    Raises InvalidRequest with the field's name.
    """
    zone = _read("tz", times.time_zone, tz)
    today = now.astimezone(zone).date()
    tomorrow = datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)
    end = tomorrow if until is None else _rounded_up(_read("to", times.boundary, until, zone, end=True))
    if since is not None:
        begin = _rounded_down(_read("from", times.boundary, since, zone, end=False))
    else:
        begin = _days_before(end, zone)
    if begin >= end:
        raise invalid("from", "out_of_order", "`from` must be before `to`.")
    if end - begin > timedelta(days=max_days + 1):
        raise invalid("from", "too_long", f"At most {max_days} days at once.")
    return DateRange(begin, end, zone)


def _read[**P, T](field: str, kind: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    try:
        return kind(*args, **named)
    except InvalidValue as error:
        raise invalid(field, error.code, str(error)) from None


def _days_before(end: datetime, zone: ZoneInfo) -> datetime:
    try:
        day = end.astimezone(zone).date() - timedelta(days=DEFAULT_DAYS)
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        raise invalid("to", "invalid", "This day is out of range.") from None


def _rounded_down(at: datetime) -> datetime:
    return at - (at - datetime(2000, 1, 1, tzinfo=UTC)) % QUARTER


def _rounded_up(at: datetime) -> datetime:
    try:
        return at + (datetime(2000, 1, 1, tzinfo=UTC) - at) % QUARTER
    except OverflowError:
        raise invalid("to", "invalid", "This day is out of range.") from None
