"""What can be done to a chat in these tests: its wire to Postgres breaks, another process takes part."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from oneai import settings
from oneai.chat.turn import checkpoint
from oneai.postgres import db, pool
from tests.second_process import Elsewhere, elsewhere
from tests.wire import Wire
from tests.world import World


@pytest.fixture
async def wire(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """The wire between `world` and its Postgres."""
    async with Wire(world.database).strung() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.url)
        monkeypatch.setattr(pool, "WAIT_SECONDS", 1)
        monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.2)
        settings.reset_cache()
        await db.close()
        yield wire
        await db.close()


@pytest.fixture
async def there(world: World) -> AsyncIterator[Elsewhere]:
    """The streaming function in a process of its own, over the same database."""
    async with elsewhere(world) as there:
        yield there


@pytest.fixture
def emptied(shared: World) -> World:
    """The module's stack without any trace of the tests before, for an asha and a ravi who have just signed up.

    A module whose tests are content with that calls it its `world`, and saves the time of starting one for each.
    """
    shared.database.rows(
        "truncate oneai.conversations, oneai.reservations, oneai.usage_events, oneai.daily_spend, "
        "oneai.operator_alerts cascade"
    )
    for who in ("asha", "ravi"):
        shared.people[who] = shared.database.person(f"{who}-{uuid4().hex}@example.com")
    return shared


@pytest_asyncio.fixture(scope="module")
async def far(shared: World) -> AsyncIterator[Elsewhere]:
    """As `there`, for a whole module."""
    async with elsewhere(shared) as far:
        yield far
