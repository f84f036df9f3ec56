"""The fields of a request, as far as they make sense."""

from local.razorpay.refusals import Refused
from local.razorpay.state import Wire

# The end of time, as its documentation has it.
LAST_MOMENT = 4_765_046_400


def whole(asked: Wire, name: str, *, least: int = 1, most: int = LAST_MOMENT) -> int | None:
    """A whole number, also where it came as text; None where there is none. Raises Refused."""
    given = asked.get(name)
    if given is None:
        return None
    words = name.replace("_", " ")
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given[:20])
    if isinstance(given, bool) or not isinstance(given, int):
        raise Refused(f"The {words} must be an integer.", field=name, form="input")
    if not least <= given <= most:
        raise Refused(f"The {words} must be between {least} and {most}.", field=name, form="input")
    return given


def text(asked: Wire, name: str) -> str | None:
    """A text; None where there is none. Raises Refused."""
    given = asked.get(name)
    if given is not None and not isinstance(given, str):
        raise Refused(f"The {name.replace('_', ' ')} must be a string.", field=name, form="input")
    return given
