"""Tasks end in the test that started them: one loop serves all tests of a worker, and none inherits another's tasks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def tasks_end_here() -> AsyncIterator[None]:
    """Cancels the tasks that began within, and waits for their end, also where the body raises."""
    before = asyncio.all_tasks()
    try:
        yield
    finally:
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            _, running = await asyncio.wait(left, timeout=30)
            assert not running, f"Cancelled, and still running: {running}"
