"""Lengths of time as exact fractions of seconds, and the mean month."""

from datetime import timedelta
from fractions import Fraction

# The mean month of the calendar: 28 to 31 days are one month, 365 and 366 days are twelve.
MONTH_SECONDS = 2_629_746


def seconds(span: timedelta) -> Fraction:
    """The span in seconds."""
    return Fraction(span // timedelta(microseconds=1), 1_000_000)


def months(span: timedelta) -> int:
    """The span in months, rounded; at least one."""
    return max(round(seconds(span) / MONTH_SECONDS), 1)
