"""One stack for all journeys, started as `make dev` starts it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.journeys.running_stack import RunningStack
from tests.local.running import Stack, running

# A journey of half a minute starts some hundred jobs, each a process, beside three other workers' tests.
SECONDS = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A journey may take longer than other tests before it counts as hung."""
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.timeout(SECONDS))


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
