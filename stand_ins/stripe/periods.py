"""When periods begin and end: calendar months or years from an anchor, to the second."""

from calendar import monthrange
from datetime import UTC, datetime

DAY, HOUR = 86_400, 3_600
INTERVALS = {"month": 1, "year": 12}


def after(anchor: int, start: int, interval: str) -> int:
    """The end of the period that begins at `start`. With an anchor on the 31st, a shorter month ends on its last
    day."""
    first, current = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(start, UTC)
    months = current.year * 12 + current.month - 1 + INTERVALS[interval]
    year, month = divmod(months, 12)
    day = min(first.day, monthrange(year, month + 1)[1])
    return int(first.replace(year=year, month=month + 1, day=day).timestamp())
