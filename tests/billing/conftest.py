"""A user who subscribes, and the source of events."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from oneai import settings
from oneai.postgres import db
from tests.billing.event_source import EventSource
from tests.world import Database


@pytest.fixture
async def event_source(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EventSource]:
    """Connections like those the functions have, and a provider that says what the test wants."""
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    monkeypatch.setenv("DATABASE_POOL_SIZE", "8")
    settings.reset_cache()
    event_source = EventSource(database)
    event_source.install(monkeypatch)
    yield event_source
    await db.close()
    settings.reset_cache()


@pytest.fixture
def asha(event_source: EventSource) -> UUID:
    """A user who has opened a subscription and not paid it."""
    user = event_source.user("asha")
    event_source.opened(user)
    return user
