"""When periods begin and end: calendar months that end at midnight in India, 18:30 UTC the day before."""

from datetime import datetime, timedelta, timezone

INDIA = timezone(timedelta(hours=5, minutes=30))
DAY = 86_400
_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
_DAYS = {"daily": 1, "weekly": 7}
PERIODS = (*_MONTHS, *_DAYS)


def cycle_end(anchor: int, count: int, period: str, interval: int) -> int:
    """The end of the `count`-th period counted from `anchor` (seconds of the epoch).

    With an anchor on the 31st, a shorter month ends on its last day.
    """
    day = datetime.fromtimestamp(anchor, INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
    if period in _DAYS:
        return int((day + timedelta(days=_DAYS[period] * interval * count)).timestamp())
    months = day.month - 1 + _MONTHS[period] * interval * count
    year, month = day.year + months // 12, months % 12 + 1
    following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=INDIA)
    last = (following - timedelta(days=1)).day
    return int(day.replace(year=year, month=month, day=min(day.day, last)).timestamp())
