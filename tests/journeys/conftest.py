"""One stack for all journeys, started as `make dev` starts it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.journeys.running_stack import RunningStack
from tests.local.running import Stack, running


@pytest.fixture(scope="package")
def processes() -> Iterator[Stack]:
    """The whole system in processes of its own; it may be killed and comes back."""
    with running() as processes:
        yield processes


@pytest.fixture
async def stack(processes: Stack) -> AsyncIterator[RunningStack]:
    """The stack, for people who are new in each test."""
    async with RunningStack(processes) as stack:
        yield stack
    stack.database.close()
