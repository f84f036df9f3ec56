"""Reads and validates the fields of a request."""

from stand_ins.payments.state import JsonObject
from stand_ins.razorpay.refusals import ApiError

# The latest time, according to its documentation.
LAST_MOMENT = 4_765_046_400


def whole(params: JsonObject, name: str, *, minimum: int = 1, maximum: int = LAST_MOMENT) -> int | None:
    """A whole number, which may be sent as a string; None if it is absent. Raises ApiError."""
    value = params.get(name)
    if value is None:
        return None
    words = name.replace("_", " ")
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    if isinstance(value, bool) or not isinstance(value, int):
        raise ApiError(f"The {words} must be an integer.", field=name, form="input")
    if not minimum <= value <= maximum:
        raise ApiError(f"The {words} must be between {minimum} and {maximum}.", field=name, form="input")
    return value


def text(params: JsonObject, name: str) -> str | None:
    """A string; None if it is absent. Raises ApiError."""
    value = params.get(name)
    if value is not None and not isinstance(value, str):
        raise ApiError(f"The {name.replace('_', ' ')} must be a string.", field=name, form="input")
    return value
