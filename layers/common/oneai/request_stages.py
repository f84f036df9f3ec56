"""Where the time of a request goes: one line of the log for each request, with milliseconds by stage.

A stage is a service that the request waits for. `own` is the rest: our code, and the wait for a core. Stages that run
at the same time count each, so their sum can exceed the total; `own` is never negative then.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from oneai import request_context, settings

type Stage = Literal["database", "models", "supabase_auth", "payment_provider", "storage", "kms"]


@dataclass(frozen=True)
class RequestLogSettings:
    """`request_log` switches the lines off."""

    request_log: bool = True


@dataclass(slots=True)
class _Times:
    began: float
    seconds: dict[str, float] = field(default_factory=dict)


_current: ContextVar[_Times | None] = ContextVar("request_stages", default=None)


def begin() -> None:
    """Starts the clock of the current request. Tasks that it starts add to the same stages."""
    _current.set(_Times(time.perf_counter()))


@contextmanager
def stage(name: Stage) -> Iterator[None]:
    """Adds the time of the block to a stage of the current request. Outside of requests it does nothing."""
    times = _current.get()
    if times is None:
        yield
        return
    began = time.perf_counter()
    try:
        yield
    finally:
        times.seconds[name] = times.seconds.get(name, 0.0) + time.perf_counter() - began


def elapsed_ms() -> int | None:
    """Milliseconds since the current request began; None outside of requests."""
    times = _current.get()
    return None if times is None else int((time.perf_counter() - times.began) * 1000)


def report(route: str | None, status: int) -> None:
    """Writes the line of the current request: route, status, milliseconds in all and by stage, and the slowest stage.

    `route` is the pattern, such as `GET /conversations/{id}`, without the values of its parameters; None: no route has
    the path. A stream is reported when its response begins.
    """
    times = _current.get()
    if times is None or not settings.read(RequestLogSettings).request_log:
        return
    total = time.perf_counter() - times.began
    stages = {**times.seconds, "own": max(total - sum(times.seconds.values()), 0.0)}
    line = {
        "message": "request",
        "route": route,
        "status": status,
        "ms": round(total * 1000, 1),
        "stages_ms": {name: round(seconds * 1000, 1) for name, seconds in stages.items()},
        "slowest_stage": max(stages, key=lambda name: stages[name]),
        "request_id": request_context.request_id(),
    }
    # One write: lines of two tasks must not mix.
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()
