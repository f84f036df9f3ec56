"""Settings come from environment variables; each client declares the ones it needs as a frozen dataclass.

A field named `openrouter_api_key` is read from `OPENROUTER_API_KEY`. Variables that are not set
fall back to the secret that `oneai.clients.secrets_manager` read. A dataclass and forty lines instead of
pydantic-settings, whose import alone costs a cold start more than the rest of this package.
"""

import dataclasses
import os
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, get_args, get_type_hints

# Of one function.
MOST_CACHED_RESULTS = 256

_from_secret: dict[str, str] = {}
_caches: list[Callable[[], None]] = []


class SettingsError(Exception):
    """A setting is missing or cannot be read; the message names it and never shows its value."""


def read[T](kind: type[T]) -> T:
    """The settings `kind` (a frozen dataclass) declares.

    Strings, integers, decimals, booleans (`1`/`true`/`yes`) and `tuple[str, ...]` (comma separated) are
    understood; an empty variable counts as absent. Raises SettingsError naming the variable.
    """
    values: T = _read(kind)  # type: ignore[arg-type]  # a class is hashable
    return values


def use_secret(values: dict[str, str]) -> bool:
    """Stores the values of the deployment's secret; environment variables of the same names take precedence.

    Returns whether anything changed.
    """
    if values == _from_secret:
        return False
    _from_secret.clear()
    _from_secret.update(values)
    reset_cache()
    return True


def reset_cache() -> None:
    """Makes the next `read` parse the environment again, and drops what was computed of settings."""
    _read.cache_clear()
    for clear in _caches:
        clear()


def cached[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """`function`, whose latest results are kept until the settings that they follow from are read again."""
    keeping = lru_cache(MOST_CACHED_RESULTS)(function)
    _caches.append(keeping.cache_clear)
    return keeping  # type: ignore[return-value]  # its arguments are hashable


@cache
def _read(kind: Any) -> Any:
    hints = get_type_hints(kind)
    values = {}
    for field in dataclasses.fields(kind):
        name = field.name.upper()
        text = os.environ.get(name) or _from_secret.get(name)
        if text:
            values[field.name] = _parse(name, text, hints[field.name])
        elif field.default is dataclasses.MISSING:
            raise SettingsError(f"The setting {name} is missing.")
    return kind(**values)


def _parse(name: str, text: str, kind: Any) -> Any:
    if None.__class__ in get_args(kind):
        kind = next(option for option in get_args(kind) if option is not None.__class__)
    try:
        if kind is bool:
            return text.strip().lower() in ("1", "true", "yes")
        if kind in (int, Decimal):
            return kind(text.strip())
    except (ValueError, ArithmeticError):
        raise SettingsError(f"The setting {name} is not a number.") from None
    if kind == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text
