"""When EventBridge would run something next: `rate(1 minute)` and its six-field `cron(0 3 1 * ? *)`."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

type Expression = Rate | Cron

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_LAST_YEAR = 2199


class ExpressionError(ValueError):
    """EventBridge would refuse this expression."""


@dataclass(frozen=True)
class Rate:
    """At a fixed interval, counted from the last run."""

    every: timedelta

    def next_after(self, moment: datetime) -> datetime | None:
        """The first run after `moment`, taken as the last run."""
        return moment + self.every


@dataclass(frozen=True)
class Cron:
    """At these minutes of these hours of these days, in a time zone."""

    minutes: frozenset[int]
    hours: frozenset[int]
    is_day: Callable[[date], bool]
    months: frozenset[int]
    years: frozenset[int]
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime | None:
        """The first run after `moment`, or None when there will be none."""
        local = moment.astimezone(self.zone)
        day = local.date()
        while day.year <= _LAST_YEAR:
            if day.year not in self.years:
                day = date(day.year + 1, 1, 1)
                continue
            if day.month in self.months and self.is_day(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        run = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).astimezone(UTC)
                        if run > moment:
                            return run
            day += timedelta(days=1)
        return None


def parse(expression: str, timezone: str = "UTC") -> Expression:
    """Parses a schedule expression; raises ExpressionError."""
    if match := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression.strip()):
        number, unit = int(match[1]), match[2]
        if number == 0:
            raise ExpressionError(f"{expression}: a rate is at least one")
        return Rate(timedelta(seconds=number * _UNITS[unit]))
    if not (match := re.fullmatch(r"cron\((.+)\)", expression.strip())):
        raise ExpressionError(f"{expression}: neither rate(...) nor cron(...)")
    fields = match[1].upper().split()
    if len(fields) != 6:
        raise ExpressionError(f"{expression}: EventBridge wants six fields, the year included")
    minute, hour, day_of_month, month, day_of_week, year = fields
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ExpressionError(f"{expression}: exactly one of day-of-month and day-of-week is ?")
    days = _by_weekday(day_of_week) if day_of_month == "?" else _by_day_of_month(day_of_month)
    return Cron(
        minutes=_numbers(minute, 0, 59),
        hours=_numbers(hour, 0, 23),
        is_day=days,
        months=_numbers(month, 1, 12, _MONTHS),
        years=_numbers(year, 1970, _LAST_YEAR),
        zone=ZoneInfo(timezone),
    )


def _numbers(field: str, minimum: int, maximum: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """`*`, `5`, `1,3`, `MON-FRI`, `0/15`, `10-40/5`."""

    def number(text: str) -> int:
        value = (names or {}).get(text) or (int(text) if text.isdigit() else -1)
        if not minimum <= value <= maximum:
            raise ExpressionError(f"{field}: {text} is not between {minimum} and {maximum}")
        return value

    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = minimum, maximum
        elif "-" in span:
            low, _, high = span.partition("-")
            first, last = number(low), number(high)
        else:
            first = number(span)
            last = maximum if step else first
        if step and (not step.isdigit() or int(step) == 0):
            raise ExpressionError(f"{field}: {step} is no step")
        # A span of weekdays may pass the end of the week: FRI-MON.
        wrapped = range(first, last + 1) if first <= last else [*range(first, maximum + 1), *range(minimum, last + 1)]
        numbers.update(list(wrapped)[:: int(step or 1)])
    return frozenset(numbers)


def _by_day_of_month(field: str) -> Callable[[date], bool]:
    if field == "L":
        return lambda day: day.day == _days_in_month(day)
    if match := re.fullmatch(r"(\d+|L)W", field):
        return lambda day: day.day == _nearest_weekday(day, match[1])
    days = _numbers(field, 1, 31)
    return lambda day: day.day in days


def _by_weekday(field: str) -> Callable[[date], bool]:
    if match := re.fullmatch(r"(\w+)#([1-5])", field):
        (weekday,), nth = _numbers(match[1], 1, 7, _DAYS), int(match[2])
        return lambda day: _weekday(day) == weekday and (day.day + 6) // 7 == nth
    if match := re.fullmatch(r"(\w+)L", field):
        (weekday,) = _numbers(match[1], 1, 7, _DAYS)
        return lambda day: _weekday(day) == weekday and day.day + 7 > _days_in_month(day)
    days = frozenset({7}) if field == "L" else _numbers(field, 1, 7, _DAYS)
    return lambda day: _weekday(day) in days


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1  # EventBridge counts from Sunday = 1


def _days_in_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, number: str) -> int:
    """The working day nearest to this day, within the month."""
    last = _days_in_month(day)
    target = last if number == "L" else min(int(number), last)
    weekday = day.replace(day=target).weekday()
    if weekday == 5:  # Saturday
        return target - 1 if target > 1 else target + 2
    if weekday == 6:  # Sunday
        return target + 1 if target < last else target - 2
    return target
