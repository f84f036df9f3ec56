"""Text and numbers of an upstream made fit for storage."""

import math
from typing import Any


def repair(text: str) -> str:
    """Surrogate pairs joined; lone surrogates and U+0000, which Postgres cannot store, replaced."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "\ufffd")


def repair_json(value: Any) -> Any:
    """A JSON value with every text in it repaired, names included. Its decimals become floats. A number that is not
    finite becomes null: JSON has none (https://www.rfc-editor.org/rfc/rfc8259#section-6), and Postgres refuses it."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else repair(value)
    if isinstance(value, dict):
        return {repair_json(name): repair_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [repair_json(each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    return number if math.isfinite(number := float(value)) else None
