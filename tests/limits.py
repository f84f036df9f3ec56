"""A test that runs far too long fails under its name, and shows everything it was waiting for.

How long that is stands in pyproject.toml (`timeout`), and in `@pytest.mark.timeout(seconds)` at a test that may take
longer. It is no measure of speed: a machine four times as busy stays far below it. What does not end even so, as it
never comes back to Python, ends its worker (`faulthandler_timeout`), which names the test, too.
"""

import asyncio
import gc
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from types import AsyncGeneratorType, CoroutineType
from typing import Any

import pytest
from pytest_timeout import Settings, is_debugging

from tests import effort

# The seconds for an ended or failed test to close its resources, and again until it is aborted.
SECONDS_TO_CLOSE = 30
# `make test-all` tries so much more in a test that it may take so much longer.
EXHAUSTIVELY = 5


class TookTooLong(BaseException):
    """No Exception and no failure, or hypothesis would try the same example again and again."""


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Settings) -> bool | None:
    """In place of the library's own timer, which knows no tasks, and goes off once."""
    if threading.current_thread() is not threading.main_thread():
        return None

    seconds = settings.timeout * (EXHAUSTIVELY if effort.ALL else 1)

    def reached(*_: object) -> None:
        if not is_debugging():
            raise TookTooLong(f"{item.nodeid} was not over after {seconds:g} s.\n{_elsewhere()}")

    signal.signal(signal.SIGALRM, reached)
    signal.setitimer(signal.ITIMER_REAL, seconds, SECONDS_TO_CLOSE)
    item.cancel_timeout = _stop  # type: ignore[attr-defined]  # what the library calls when the test is over
    return True


@pytest.hookimpl(trylast=True)
def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """The library stops the timer when a test has failed; but what the test opened has yet to be closed."""
    if isinstance(node, pytest.Item) and not node.config.getoption("usepdb"):
        signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_CLOSE, SECONDS_TO_CLOSE)


def _stop() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)


def _elsewhere() -> str:
    """The stacks of all other threads and of all tasks; the traceback shows this thread."""
    here, lines = threading.get_ident(), []
    for thread in threading.enumerate():
        if thread.ident is not None and thread.ident != here:
            lines += [f"thread {thread.name}", *traceback.format_stack(sys._current_frames().get(thread.ident))]
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:  # no loop is running
        tasks = set()
    for task in tasks:
        lines += [f"task {task.get_name()}", *(f"  {place}" for place in _awaiting(task.get_coro()))]
    return "\n".join(line.rstrip("\n") for line in lines)


def _awaiting(inner: Any) -> Iterator[str]:
    """From a task's coroutine to what it waits for in the end."""
    while inner is not None:
        match inner:
            case CoroutineType(cr_frame=frame, cr_await=awaited) | AsyncGeneratorType(ag_frame=frame, ag_await=awaited):
                if frame is not None:
                    yield f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_qualname}"
            case _:
                # A fixture stands behind an object that only refers to it.
                awaited = next((each for each in gc.get_referents(inner) if isinstance(each, AsyncGeneratorType)), None)
                if awaited is None:
                    yield repr(inner)
        inner = awaited
