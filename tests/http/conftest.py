"""Common fixtures for the tests of routes."""

import pytest_asyncio

from tests.http.ladder import Belongings, possess, subscribe
from tests.world import World


@pytest_asyncio.fixture(scope="module")
async def belongings(shared: World) -> Belongings:
    """The belongings of asha, which no caller in this module may change."""
    has = await possess(shared, "asha")
    has.proof = await subscribe(shared, "asha")
    return has
