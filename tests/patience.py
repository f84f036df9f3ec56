"""Waiting for a condition: a test continues as soon as it holds, however busy the machine is."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from oneai.billing import webhook

# Seconds. Never needed in full: a test that waits this long has failed.
PATIENCE = 60


def webhooks_take_their_time(patch: pytest.MonkeyPatch) -> None:
    """Lifts the webhook's time limits, which exist because Razorpay waits only seconds."""
    for limit in ("STORE_SECONDS", "PROCESS_SECONDS", "TASK_CANCEL_SECONDS"):
        patch.setattr(webhook, limit, PATIENCE)
    patch.setattr(webhook, "ANSWER_SECONDS", 2 * PATIENCE)


async def eventually[T](look: Callable[[], Awaitable[T]], wanted: Callable[[T], object] = bool) -> T:
    """The first result of `look` that `wanted` accepts; fails with the last result after PATIENCE seconds."""
    found: T | None = None
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await look()
                if wanted(found):
                    return found
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"after {PATIENCE} s it is still {found!r}") from None


async def until[T](look: Callable[[], T]) -> T:
    """`eventually` for a synchronous `look`: its first true result."""

    async def looked() -> T:
        return look()

    return await eventually(looked)
