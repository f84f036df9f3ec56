"""Reads forms with brackets: `items[0][price]=p&metadata[a]=b`, and the values in them."""

from typing import Any
from urllib.parse import parse_qsl

from stand_ins.stripe.refusals import ApiError, invalid, missing, unknown

type Form = dict[str, Any]


def parse(text: str) -> Form:
    """The form as nested objects. Indexed and empty brackets make lists. Raises ApiError."""
    root: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = name.replace("]", "").split("[")
        _put(root, [head, *rest], value)
    lists = _lists(root)
    if not isinstance(lists, dict):
        raise ApiError("Invalid request.")
    return lists


def _put(target: Form, keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        inner = target.setdefault(key or str(len(target)), {})
        if not isinstance(inner, dict):
            raise ApiError(f"Invalid hash: {key}")
        target = inner
    target[keys[-1] or str(len(target))] = value


def _lists(value: Any) -> Any:
    """Objects whose keys are indexes become lists."""
    if not isinstance(value, dict):
        return value
    read = {key: _lists(each) for key, each in value.items()}
    if read and all(key.isdigit() for key in read):
        return [read[key] for key in sorted(read, key=int)]
    return read


def check_names(form: Form, *known: str) -> None:
    """Raises ApiError for a parameter that is not among `known`."""
    for name in form:
        if name not in (*known, "expand"):
            raise unknown(name)


def text(form: Form, name: str) -> str | None:
    """A text; None if it is absent or empty. Raises ApiError."""
    value = form.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name, f"Invalid string: {value}")
    return value or None


def required(form: Form, name: str) -> str:
    """A text that is not empty. Raises ApiError."""
    value = text(form, name)
    if value is None:
        raise missing(name)
    return value


def whole(form: Form, name: str, *, minimum: int = 0, maximum: int = 99_999_999_999) -> int | None:
    """A whole number; None if it is absent. Raises ApiError."""
    value = text(form, name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()) or not minimum <= int(value[:20]) <= maximum:
        raise invalid(name, f"Invalid integer: {value}", "parameter_invalid_integer")
    return int(value)


def flag(form: Form, name: str) -> bool | None:
    """A boolean; None if it is absent. Raises ApiError."""
    value = text(form, name)
    if value not in (None, "true", "false"):
        raise invalid(name, f"Invalid boolean: {value}")
    return None if value is None else value == "true"


def inner(form: Form, name: str) -> Form:
    """An object; empty if it is absent. Raises ApiError."""
    value = form.get(name) or {}
    if not isinstance(value, dict):
        raise invalid(name, "Invalid object")
    return value


def items(form: Form, name: str) -> list[Form]:
    """A list of objects; empty if it is absent. Raises ApiError."""
    value = form.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise invalid(name, "Invalid array")
    return value


def metadata(form: Form, before: dict[str, str] | None = None) -> dict[str, str]:
    """The metadata: at most fifty keys of forty characters, with values of five hundred; an empty value removes its
    key. Raises ApiError."""
    merged = dict(before or {}) | {str(key): value for key, value in inner(form, "metadata").items()}
    kept = {key: value for key, value in merged.items() if value != ""}
    if len(kept) > 50:
        raise invalid("metadata", "You can have up to 50 metadata keys.")
    for key, value in kept.items():
        if len(key) > 40 or not isinstance(value, str) or len(value) > 500:
            raise invalid(f"metadata[{key}]", "A metadata key has up to 40 characters, a value up to 500.")
    return kept
