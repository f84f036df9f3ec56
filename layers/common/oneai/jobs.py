"""Runs the coroutines of scheduled functions on one event loop per process."""

import asyncio
from collections.abc import Coroutine
from typing import Any

_loop: asyncio.AbstractEventLoop | None = None


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to completion; its pools and clients stay usable for the next invocation."""
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
    return _loop.run_until_complete(work)
