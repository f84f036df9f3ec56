"""Our keys to OpenRouter, and which one the next request uses.

`OPENROUTER_API_KEY` holds one or several, separated by commas, the preferred one first. A key that OpenRouter refuses
is set aside, for a minute and then twice as long each time, while another one is usable; requests that were sent with
it before go on. This state is a process's own.
"""

import hashlib
import time
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from oneai import log, settings

SET_ASIDE_SECONDS = 60.0
MAX_SET_ASIDE_SECONDS = 600.0
ID_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class KeySettings:
    """The keys, the preferred one first."""

    openrouter_api_key: tuple[str, ...] = ()


@dataclass(slots=True)
class _SetAside:
    """How often a key was refused since it last was accepted, and until when it is set aside (monotonic seconds)."""

    refusals: int
    until: float


_set_aside: dict[str, _SetAside] = {}


def configured() -> tuple[str, ...]:
    """The keys as they are set; one that is empty where there is none, so that OpenRouter says what is missing."""
    return tuple(dict.fromkeys(settings.read(KeySettings).openrouter_api_key)) or ("",)


def usable(refused: Collection[str] = ()) -> list[str]:
    """The keys a request may try, the best first, without those that have `refused` it.

    Keys that are set aside are among them only where there are no others; then the one comes first whose time ends
    first.
    """
    keys = [key for key in configured() if key not in refused]
    now = time.monotonic()
    return [key for key in keys if _until(key) <= now] or sorted(keys, key=_until)


def refuse(key: str) -> None:
    """Sets a key aside that OpenRouter has refused. Requests that were refused at the same time count once."""
    state = _set_aside.setdefault(key, _SetAside(0, 0.0))
    if state.until <= time.monotonic():
        seconds = min(SET_ASIDE_SECONDS * 2**state.refusals, MAX_SET_ASIDE_SECONDS)
        state.refusals += 1
        state.until = time.monotonic() + seconds
        log.warning("OpenRouter refuses a key", key=key_id(key), seconds=seconds, keys=len(configured()))


def accept(key: str) -> None:
    """OpenRouter has accepted the key: its refusals are forgotten, unless the last of them came after the request."""
    if _until(key) <= time.monotonic():
        _set_aside.pop(key, None)


@lru_cache(maxsize=64)
def key_id(key: str) -> str:
    """A name for a key that does not reveal it: the beginning of its SHA-256, as stored with what it answered."""
    return hashlib.sha256(key.encode()).hexdigest()[:ID_CHARACTERS]


def reset() -> None:
    """Forgets which keys were refused."""
    _set_aside.clear()


def _until(key: str) -> float:
    state = _set_aside.get(key)
    return 0.0 if state is None else state.until
