"""How long a test waits for what has to happen; it goes on as soon as it has."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

# Seconds. So much is never needed: a test that waits so long has failed, on a busy machine too.
PATIENCE = 60


async def until[T](happened: Callable[[], T | Awaitable[T]], waiting_for: str = "") -> T:
    """Looks again and again until `happened` gives something true, which is returned; fails after PATIENCE seconds."""
    found: Any = None
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                found = happened()
                if isinstance(found, Awaitable):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"waited {PATIENCE} s for {waiting_for or happened}; it is {found!r}") from None
