"""What the tests of routes have in common."""

import pytest_asyncio

from tests.http.ladder import Belongings, possess, subscribe
from tests.world import World


@pytest_asyncio.fixture(scope="module")
async def belongings(shared: World) -> Belongings:
    """What asha has, and keeps: no caller in this module may change it."""
    has = await possess(shared, "asha")
    has.proof = await subscribe(shared, "asha")
    return has
