"""What can be done to a chat in these tests: its wire to Postgres breaks, another process takes part."""

from collections.abc import AsyncIterator

import pytest

from oneai import db, pool, settings
from tests.elsewhere import Elsewhere, elsewhere
from tests.wire import Wire
from tests.world import World


@pytest.fixture
async def wire(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """The wire between `world` and its Postgres."""
    async with Wire(world.database).strung() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.url)
        monkeypatch.setattr(pool, "WAIT_SECONDS", 1)
        settings.forget()
        await db.close()
        yield wire
        await db.close()


@pytest.fixture
async def there(world: World) -> AsyncIterator[Elsewhere]:
    """The streaming function in a process of its own, over the same database."""
    async with elsewhere(world) as there:
        yield there
