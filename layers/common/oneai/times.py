"""Timestamps in requests, and the boundaries of date ranges.

One convention for all routes: a boundary is a day in the calendar of `tz`, or an instant. `from` is inclusive. `to` is
inclusive for a day and exclusive for an instant.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import TZPATH, ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from oneai.field_errors import InvalidValue

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_OUT_OF_RANGE = "This time is out of range."


def _require_offset(value: Any) -> Any:
    """Refuses bare numbers (seconds or milliseconds?) and times without an offset: both are ambiguous."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        raise InvalidValue(
            "wrong_format", "This must be a date and time with its offset, such as 2026-11-21T06:30:00Z."
        )
    return value


def _to_utc(moment: datetime) -> datetime:
    """Converts to UTC, because Python parses offsets that Postgres does not."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("invalid", _OUT_OF_RANGE) from None


# An RFC 3339 timestamp, OpenAPI's `date-time`, always in UTC.
Moment = Annotated[AwareDatetime, BeforeValidator(_require_offset), AfterValidator(_to_utc)]


def boundary(text: str, zone: ZoneInfo, *, end: bool) -> datetime:
    """The instant in UTC at which a range starts or, with `end`, ends. Raises InvalidValue."""
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            return datetime.combine(day, time(), zone).astimezone(UTC)
        if _RFC_3339.fullmatch(text):
            return _to_utc(datetime.fromisoformat(text))
    except OverflowError:
        raise InvalidValue("invalid", _OUT_OF_RANGE) from None
    except InvalidValue:
        raise
    except ValueError:
        pass  # formatted as a date, but it does not exist, such as 30 February
    raise InvalidValue(
        "wrong_format", "This must be a day such as 2026-11-21, or an instant such as 2026-11-21T06:30:00Z."
    )


def time_zone(name: str) -> ZoneInfo:
    """The time zone with that IANA name. Raises InvalidValue."""
    if name not in _names():
        raise InvalidValue("unknown_time_zone", "This is not the name of a time zone, such as Asia/Kolkata.")
    return ZoneInfo(name)


def is_same_zone(one: ZoneInfo, other: ZoneInfo) -> bool:
    """Whether both names refer to the same zone because one is a link to the other, as Asia/Calcutta is to
    Asia/Kolkata.

    Links in the tz database are copies of their target files (`L` lines of its `backward`).
    """
    return one.key == other.key or _rules(one.key) == _rules(other.key)


def _rules(name: str) -> bytes:
    """The file of a known zone, from the same place as `ZoneInfo`: the system's database, else the package `tzdata`."""
    for folder in TZPATH:
        if (file := Path(folder, name)).is_file():
            return file.read_bytes()
    from importlib import resources  # costs 50 ms, and is not needed with a system database

    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def _valid_zone_name(name: str) -> str:
    return time_zone(name).key


def _since(value: Any, info: ValidationInfo) -> datetime:
    return _in_zone(value, info, end=False)


def _until(value: Any, info: ValidationInfo) -> datetime:
    return _in_zone(value, info, end=True)


def _in_zone(value: Any, info: ValidationInfo, *, end: bool) -> datetime:
    if "tz" not in info.data:
        return datetime.min.replace(tzinfo=UTC)  # any value works: `tz` is already refused
    return boundary(str(value), ZoneInfo(info.data["tz"]), end=end)


# The schema in OpenAPI.
BOUNDARY = WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]})
# For models of query parameters that declare `tz` before the boundaries.
TimeZone = Annotated[
    str,
    AfterValidator(_valid_zone_name),
    Field(max_length=64, description="The time zone of `from` and `to` if they are days: an IANA name."),
]
Since = Annotated[datetime, BeforeValidator(_since), BOUNDARY]
Until = Annotated[datetime, BeforeValidator(_until), BOUNDARY]
