"""Lengths of time as exact fractions of seconds, months of the calendar, and the mean month."""

from calendar import monthrange
from datetime import datetime, timedelta
from fractions import Fraction

# The mean month of the calendar: 28 to 31 days are one month, 365 and 366 days are twelve.
MONTH_SECONDS = 2_629_746


def seconds(span: timedelta) -> Fraction:
    """The span in seconds."""
    return Fraction(span // timedelta(microseconds=1), 1_000_000)


def months(span: timedelta) -> int:
    """The span in months, rounded; at least one."""
    return max(round(seconds(span) / MONTH_SECONDS), 1)


def add_months(moment: datetime, months: int) -> datetime:
    """The same day and time this many months later, or the last day of a shorter month."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
