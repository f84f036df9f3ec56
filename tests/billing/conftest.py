"""Somebody who subscribes, and whoever tells of it."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from oneai import settings
from oneai.postgres import db
from tests.billing.event_source import Teller
from tests.world import Database


@pytest.fixture
async def teller(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Teller]:
    """Connections like those the functions have, and a provider that says what the test wants."""
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    monkeypatch.setenv("DATABASE_POOL_SIZE", "8")
    settings.reset_cache()
    teller = Teller(database)
    teller.install(monkeypatch)
    yield teller
    await db.close()
    settings.reset_cache()


@pytest.fixture
def asha(teller: Teller) -> UUID:
    """Somebody who has opened a subscription and not paid it."""
    person = teller.person("asha")
    teller.opened(person)
    return person
