"""Among thousands of visitors' conversations no list of the inbox reads any table from one end to the other."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bench import bench_inbox, inbox_seed
from local import postgres
from oneai import settings
from oneai.postgres import db

# Enough rows of the large inbox for Postgres to prefer an index.
SIZE = inbox_seed.Size(conversations=20_000, messages_each=3)


@pytest.fixture
async def address(server: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A database that the package uses, over one connection; where a superuser finds it."""
    name = f"test_{uuid4().hex[:12]}"
    monkeypatch.setenv("DATABASE_URL", postgres.clone(server, name))
    monkeypatch.setenv("DATABASE_POOL_SIZE", "1")
    settings.reset_cache()
    yield server.url(name, "postgres")
    await db.close()
    settings.reset_cache()
    postgres.drop(server, name)


@pytest.mark.exhaustive
async def test_every_filter_search_and_count_of_the_inbox_uses_an_index(address: str) -> None:
    await bench_inbox.prove(address, inbox_seed.fill(address, SIZE))
