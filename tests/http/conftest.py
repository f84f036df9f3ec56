"""Common fixtures for the tests of routes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from oneai import settings
from oneai.postgres import db
from tests.http.ladder import Belongings, possess, subscribe
from tests.wire import Wire
from tests.world import World


@pytest_asyncio.fixture(scope="module")
async def belongings(shared: World) -> Belongings:
    """The belongings of asha, which no caller in this module may change."""
    has = await possess(shared, "asha")
    has.proof = await subscribe(shared, "asha")
    return has


@pytest_asyncio.fixture
async def wire(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """The wire between `world` and its Postgres."""
    async with Wire(world.database).strung() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.url)
        settings.reset_cache()
        await db.close()
        yield wire
        await db.close()
