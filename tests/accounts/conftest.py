"""Fixtures of the tests of accounts."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from oneai import settings
from oneai.postgres import db
from tests.wire import Wire
from tests.world import World


@pytest_asyncio.fixture
async def wire(own_world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """The proxy through which the functions reach Postgres."""
    async with Wire(own_world.database).strung() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.url)
        settings.reset_cache()
        await db.close()
        yield wire
        await db.close()
