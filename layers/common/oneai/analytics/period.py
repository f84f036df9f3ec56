"""The days of a report, in the operator's time zone, and the groupings of its figures."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Self
from zoneinfo import ZoneInfo

from oneai import times
from oneai.analytics.report_settings import operator_zone
from oneai.field_errors import InvalidValue, invalid
from oneai.postgres import db

# The default: the last 30 days, including today.
DEFAULT_DAYS = 30
# Two years, so that a year can be compared with the year before.
MAX_DAYS = 731

type TimeGroup = Literal["day", "week", "month"]


@dataclass(frozen=True)
class ReportPeriod:
    """From the day `since` to the day `until`, both included."""

    since: date
    until: date
    tz: str

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.until - self.since).days + 1

    @property
    def begins_at(self) -> datetime:
        """The beginning of the first day, in UTC."""
        return datetime.combine(self.since, time(), ZoneInfo(self.tz)).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """The end of the last day, in UTC."""
        return datetime.combine(self.until + timedelta(days=1), time(), ZoneInfo(self.tz)).astimezone(UTC)

    def before(self) -> Self:
        """The period of the same length that ends where this one starts."""
        last = self.since - timedelta(days=1)
        return type(self)(last - timedelta(days=self.days - 1), last, self.tz)

    def labels(self, group: TimeGroup) -> list[str]:
        """The labels of its days, weeks or months, in order."""
        days = (self.since + timedelta(days=n) for n in range(self.days))
        return list(dict.fromkeys(label(day, group) for day in days))


def label(day: date, group: TimeGroup) -> str:
    """A day as `2026-11-21`, its week as the Monday on which it starts, its month as `2026-11`."""
    if group == "month":
        return f"{day:%Y-%m}"
    return (day - timedelta(days=day.weekday()) if group == "week" else day).isoformat()


@dataclass
class _Clock:
    now: datetime


async def resolve_period(since: str | None, until: str | None, tz: str | None) -> ReportPeriod:
    """`parse_period` with the database's clock."""
    (clock,) = await db.as_service("select oneai.now() as now", [], _Clock)
    return parse_period(since, until, tz, now=clock.now)


def parse_period(since: str | None, until: str | None, tz: str | None, *, now: datetime) -> ReportPeriod:
    """Parses `from`, `to` and `tz` as defined in `times`; instants are rounded outwards to the operator's days.

    Raises InvalidRequest with the field's name, also for a time zone other than the operator's, because figures are
    stored by the operator's days.
    """
    zone = operator_zone()
    if tz is not None and not times.is_same_zone(_named_zone(tz), zone):
        raise invalid("tz", "not_a_choice", f"Figures are available only by the days of {zone.key}.")
    last = now.astimezone(zone).date() if until is None else _day("to", until, zone, end=True)
    try:
        first = last - timedelta(days=DEFAULT_DAYS - 1) if since is None else _day("from", since, zone, end=False)
    except OverflowError:
        raise invalid("to", "invalid", "This day is out of range.") from None
    if first > last:
        raise invalid("from", "out_of_order", "`from` must not be after `to`.")
    if (last - first).days >= MAX_DAYS:
        raise invalid("from", "too_long", f"At most {MAX_DAYS} days at once.")
    return ReportPeriod(first, last, zone.key)


def _named_zone(name: str) -> ZoneInfo:
    try:
        return times.time_zone(name)
    except InvalidValue as error:
        raise invalid("tz", error.code, str(error)) from None


def _day(field: str, text: str, zone: ZoneInfo, *, end: bool) -> date:
    try:
        at = times.boundary(text, zone, end=end)
        # The exclusive end of a range is not part of it.
        return (at - timedelta(microseconds=1) if end else at).astimezone(zone).date()
    except InvalidValue as error:
        raise invalid(field, error.code, str(error)) from None
    except OverflowError:
        raise invalid(field, "invalid", "This day is out of range.") from None
