"""Settings come from environment variables; each client declares the ones it needs as a frozen dataclass.

The field `openrouter_api_key` is read from `OPENROUTER_API_KEY`. Variables that are not set fall back to the secret
that `oneai.clients.secrets_manager` read. We do not use pydantic-settings, because its import takes longer in a cold
start than the rest of this package.
"""

import dataclasses
import os
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, get_args, get_type_hints

# The settings of one function.
MAX_CACHED_RESULTS = 256

_from_secret: dict[str, str] = {}
_caches: list[Callable[[], None]] = []


class SettingsError(Exception):
    """A setting is missing or invalid; the message contains its name and never its value."""


def read[T](kind: type[T]) -> T:
    """Reads the settings that `kind` (a frozen dataclass) declares.

    Supported types are strings, integers, decimals, booleans (`1`/`true`/`yes`) and `tuple[str, ...]` (comma
    separated). An empty variable counts as absent. Raises SettingsError with the variable's name.
    """
    values: T = _read(kind)  # type: ignore[arg-type]  # a class is hashable
    return values


def use_secret(values: dict[str, str]) -> bool:
    """Stores the values of the deployment's secret; environment variables with the same names take precedence.

    Returns whether anything changed.
    """
    if values == _from_secret:
        return False
    _from_secret.clear()
    _from_secret.update(values)
    reset_cache()
    return True


def reset_cache() -> None:
    """Makes the next `read` parse the environment again, and clears results that were computed from settings."""
    _read.cache_clear()
    for clear in _caches:
        clear()


def cached[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Caches the latest results of `function` until its settings are read again."""
    keeping = lru_cache(MAX_CACHED_RESULTS)(function)
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
