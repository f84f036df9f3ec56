"""Moments as people send them, and the two ends of a span of time.

One convention for all routes: an end of a span is a day, as a calendar of `tz` counts days, or an instant. `from`
belongs to the span. Of `to` a day belongs to it, the whole of it, and an instant does not.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from oneai.field_errors import InvalidValue

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_OUT_OF_RANGE = "No calendar has this moment."


def _require_offset(value: Any) -> Any:
    """A bare number could be seconds or milliseconds, a time without an offset anywhere: neither says when."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        raise InvalidValue("wrong_format", "A date and time with its offset is needed, such as 2026-11-21T06:30:00Z.")
    return value


def _to_utc(moment: datetime) -> datetime:
    """In UTC, for Python understands offsets that Postgres does not."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("invalid", _OUT_OF_RANGE) from None


# As RFC 3339 has it, and OpenAPI's `date-time`; always in UTC.
Moment = Annotated[AwareDatetime, BeforeValidator(_require_offset), AfterValidator(_to_utc)]


def boundary(text: str, zone: ZoneInfo, *, end: bool) -> datetime:
    """The instant in UTC at which a span begins or, with `end`, is over. Raises InvalidValue."""
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
        pass  # in the form of a date, and none: 30 February
    raise InvalidValue(
        "wrong_format", "A day such as 2026-11-21, or an instant such as 2026-11-21T06:30:00Z, is needed."
    )


def time_zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name. Raises InvalidValue."""
    if name not in _names():
        raise InvalidValue("unknown_time_zone", "This is not a time zone's name, such as Asia/Kolkata.")
    return ZoneInfo(name)


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
        return datetime.min.replace(tzinfo=UTC)  # any will do: the zone to read it by is refused already
    return boundary(str(value), ZoneInfo(info.data["tz"]), end=end)


# How OpenAPI says it.
BOUNDARY = WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]})
# Of a model of query parameters, which has `tz` before them.
TimeZone = Annotated[
    str,
    AfterValidator(_valid_zone_name),
    Field(max_length=64, description="Whose days are meant where `from` or `to` is a day: an IANA time zone."),
]
Since = Annotated[datetime, BeforeValidator(_since), BOUNDARY]
Until = Annotated[datetime, BeforeValidator(_until), BOUNDARY]
