"""Dates and times of a spreadsheet: a number of days, displayed by the date part of a number format."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from extraction.sheets import date_names

# The last day of a spreadsheet: 31 December 9999.
_LAST_DAY = 2_958_465
_DAY_MILLISECONDS = 86_400_000
# Lotus 1-2-3 treated 1900 as a leap year, and Excel has the same numbers: day 60 is 29 February 1900, which never
# existed.
_LEAP_DAY = 60
# The first day of each Japanese era, the latest first.
_ERAS = (
    (date(2019, 5, 1), "R", "令", "令和"),
    (date(1989, 1, 8), "H", "平", "平成"),
    (date(1926, 12, 25), "S", "昭", "昭和"),
    (date(1912, 7, 30), "T", "大", "大正"),
    (date(1868, 1, 1), "M", "明", "明治"),
)


@dataclass(frozen=True)
class _Moment:
    """A day (year, month, day of the month, day of the week from Sunday as 0) and the milliseconds of that day."""

    year: int
    month: int
    day: int
    weekday: int
    days: int
    milliseconds: int


def shown(value: float, tokens: Sequence[tuple[str, str]], language: str, *, since_1904: bool) -> str | None:
    """The number of days as a date or time; None for an invalid one, which Excel shows as ####.

    `tokens` are a section of a number format, `language` is the code of its `[$-409]`, or empty.
    """
    places = _second_places(tokens)
    step = 10 ** max(0, 3 - places) if any(text[0] in "sS" for kind, text in tokens if kind != "literal") else 1
    if (moment := _moment(value, step, since_1904=since_1904)) is None:
        return None
    is_half_day = any(kind == "noon" for kind, _ in tokens)
    names = date_names.of_language(language)
    result: list[str] = []
    previous, left = "", 0
    for index, (kind, text) in enumerate(tokens):
        unit = text[0].lower() if text else ""
        if kind == "elapsed":
            result.append(_elapsed(moment, unit, len(text)))
        elif kind == "noon":
            result.append(_noon(moment, text))
        elif kind == "date":
            is_minute = unit == "m" and len(text) < 3 and (previous == "h" or _next_unit(tokens, index) == "s")
            result.append(_part(moment, "minute" if is_minute else unit, len(text), names, is_half_day=is_half_day))
        elif kind == "point" and previous == "s" and places and left == 0:
            left = places
            result.append(f".{moment.milliseconds % 1000 // 10 ** (3 - places):0{places}}")
            continue
        elif kind == "digit" and left:
            left -= 1
            continue
        else:
            result.append(text)
        previous = unit if kind in ("date", "elapsed") else previous
    return "".join(result)


def local(value: float, *, since_1904: bool) -> str | None:
    """A date, a time or both in ISO 8601, for a format that each computer shows in its own language."""
    if (moment := _moment(value, 1000, since_1904=since_1904)) is None:
        return None
    seconds = moment.milliseconds // 1000
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    day = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
    return time if moment.days == 0 else f"{day} {time}" if seconds else day


def _moment(value: float, step: int, *, since_1904: bool) -> _Moment | None:
    """The moment, rounded to `step` milliseconds."""
    if not 0 <= value < _LAST_DAY + 1:
        return None
    total = math.floor(value * _DAY_MILLISECONDS / step + 0.5) * step
    days, milliseconds = divmod(total, _DAY_MILLISECONDS)
    weekday = (days - 1) % 7
    if since_1904:
        if days > _LAST_DAY - 1462:
            return None
        day = date(1904, 1, 1) + timedelta(days)
        weekday = (days + 5) % 7
    elif days == 0:
        return _Moment(1900, 1, 0, weekday, days, milliseconds)
    elif days == _LEAP_DAY:
        return _Moment(1900, 2, 29, weekday, days, milliseconds)
    elif days > _LAST_DAY:
        return None
    else:
        day = date(1899, 12, 31 if days < _LEAP_DAY else 30) + timedelta(days)
    return _Moment(day.year, day.month, day.day, weekday, days, milliseconds)


def _second_places(tokens: Sequence[tuple[str, str]]) -> int:
    """The number of decimals of a second, 3 at most."""
    previous = ""
    for index, (kind, text) in enumerate(tokens):
        if kind == "point" and previous == "s":
            digits = 0
            while index + 1 + digits < len(tokens) and tokens[index + 1 + digits] == ("digit", "0"):
                digits += 1
            return min(3, digits)
        previous = text[:1].lower() if kind in ("date", "elapsed") else ""
    return 0


def _next_unit(tokens: Sequence[tuple[str, str]], index: int) -> str:
    return next((text[0].lower() for kind, text in tokens[index + 1 :] if kind in ("date", "elapsed")), "")


def _elapsed(moment: _Moment, unit: str, width: int) -> str:
    seconds = (moment.days * _DAY_MILLISECONDS + moment.milliseconds) // 1000
    return str(seconds // {"h": 3600, "m": 60}.get(unit, 1)).zfill(width)


def _noon(moment: _Moment, text: str) -> str:
    first, _, second = text.partition("/")
    return second if moment.milliseconds >= _DAY_MILLISECONDS // 2 else first


def _part(moment: _Moment, unit: str, width: int, names: date_names.Names, *, is_half_day: bool) -> str:
    seconds = moment.milliseconds // 1000
    match unit:
        case "minute":
            return str(seconds // 60 % 60).zfill(min(width, 2))
        case "s":
            return str(seconds % 60).zfill(min(width, 2))
        case "h":
            hour = seconds // 3600
            return str((hour + 11) % 12 + 1 if is_half_day else hour).zfill(min(width, 2))
        case "m" if width > 2:
            name = names.months[moment.month - 1]
            return names.short_months[moment.month - 1] if width == 3 else name[:1] if width == 5 else name
        case "m":
            return str(moment.month).zfill(width)
        case "d" if width > 2:
            return (names.short_days if width == 3 else names.days)[moment.weekday]
        case "d":
            return str(moment.day).zfill(width)
        case "g":
            return _era(moment)[1:][min(width, 3) - 1] if moment.days > _LEAP_DAY else ""
        case "e":
            return _year_of_era(moment, names, width)
        case "b":
            year = str(moment.year + 543)
            return year if width > 2 else year[-2:]
        case _:
            return f"{moment.year:04}" if width > 2 else f"{moment.year % 100:02}"


def _era(moment: _Moment) -> tuple[date, str, str, str]:
    day = date(moment.year, moment.month, max(1, moment.day))
    return next(era for era in _ERAS if day >= era[0])


def _year_of_era(moment: _Moment, names: date_names.Names, width: int) -> str:
    """In Japanese the year of the era, in every other language the year."""
    if not names.has_eras or moment.day == 0:
        return str(moment.year)
    return str(moment.year - _era(moment)[0].year + 1).zfill(min(width, 2))
