"""Moments as people send them."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from oneai.field_errors import InvalidValue

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _spelt_out(value: Any) -> Any:
    """A bare number could be seconds or milliseconds, a time without an offset anywhere: neither says when."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        raise InvalidValue("wrong_format", "A date and time with its offset is needed, such as 2026-11-21T06:30:00Z.")
    return value


def _in_utc(moment: datetime) -> datetime:
    """In UTC, for Python understands offsets that Postgres does not."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("invalid", "No calendar has this moment.") from None


# As RFC 3339 has it, and OpenAPI's `date-time`; always in UTC.
Moment = Annotated[AwareDatetime, BeforeValidator(_spelt_out), AfterValidator(_in_utc)]
