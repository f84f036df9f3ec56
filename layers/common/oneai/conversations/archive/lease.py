"""Runs work under a lease: one process at a time, and another one takes over if it dies."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from oneai import log
from oneai.errors import OneAIError

# The interval at which users see a job's progress. oneai.job_lease() is many times longer, so that an outage of the
# database of a minute loses no lease.
RENEW_SECONDS = 5


class LeaseLost(Exception):
    """Another worker holds the lease now."""


async def run_with_lease[T](work: Coroutine[Any, Any, T], renew: Callable[[], Awaitable[bool]]) -> T:
    """Runs `work` while renewing its lease; returns or raises its result. Raises LeaseLost if `renew` returns False."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=RENEW_SECONDS))[0]:
            try:
                if not await renew():
                    raise LeaseLost
            except OneAIError:
                log.warning("a lease could not be renewed")
        return task.result()
    finally:
        if task.cancel():
            await asyncio.wait([task])
