"""Calls that the provider may hear of while somebody waits; those it is too slow for, the job makes."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from oneai.billing import provider_operations

# Of the 29 s that API Gateway gives us, after which nobody hears that it was done.
SECONDS = 15.0
# Where the person waits for something else already.
FEW_SECONDS = 5.0


async def make(due: Iterable[UUID], seconds: float = SECONDS) -> None:
    """Makes these calls, one after the other, as far as there is time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for call in due:
                await provider_operations.make_due(only=call)
