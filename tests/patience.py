"""Waiting for what has to happen: a test goes on as soon as it has, however busy the machine is."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from oneai.billing import webhook

# Seconds. So much is never needed: a test that waits so long has failed.
PATIENCE = 60


def webhooks_take_their_time(patch: pytest.MonkeyPatch) -> None:
    """What the webhook does within seconds, for Razorpay would wait no longer, it does in its own time."""
    for limit in ("STORE_SECONDS", "PROCESS_SECONDS", "TASK_CANCEL_SECONDS"):
        patch.setattr(webhook, limit, PATIENCE)
    patch.setattr(webhook, "ANSWER_SECONDS", 2 * PATIENCE)


async def eventually[T](look: Callable[[], Awaitable[T]], wanted: Callable[[T], object] = bool) -> T:
    """What `look` finds once it is what is `wanted`; fails with what it found last after PATIENCE seconds."""
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
    """`eventually`, for what can be looked at without waiting: the first that is true."""

    async def looked() -> T:
        return look()

    return await eventually(looked)
