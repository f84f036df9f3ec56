"""One stack for all journeys, started as `make dev` starts it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.journeys.town import Town
from tests.local.running import Stack, running


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """The whole system in processes of its own; it may be killed and comes back."""
    with running() as stack:
        yield stack


@pytest.fixture
async def town(stack: Stack) -> AsyncIterator[Town]:
    """The stack, for people who are new in each test."""
    async with Town(stack) as town:
        yield town
    town.database.close()
