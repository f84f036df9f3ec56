"""Numbers in what providers send. Each may be missing, negative, a text or no number."""

from decimal import Decimal, InvalidOperation
from typing import Any

# A larger amount of dollars is invalid, and 1e999999 as an integer would not fit in memory.
MAX_USD = Decimal(1_000_000)


def parse_money(value: object) -> Decimal | None:
    """A price or cost as a decimal; None where it is missing, negative, too large or no number."""
    amount = parse_decimal(value)
    return amount if amount is not None and 0 <= amount < MAX_USD else None


def parse_decimal(value: object) -> Decimal | None:
    """A finite decimal from a string or JSON number, else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None


def parse_count(value: object) -> int:
    """A number of tokens; 0 where it is missing or invalid."""
    number = parse_decimal(value)
    return int(number) if number is not None and 0 <= number < 1_000_000_000 else 0


def object_in(parent: dict[str, Any], name: str) -> dict[str, Any]:
    """The object that a field has; an empty one where it has none."""
    value = parent.get(name)
    return value if isinstance(value, dict) else {}
