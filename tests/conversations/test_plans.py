"""Among thousands of messages no page and no search reads any table from one end to the other."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bench import bench_conversations, seed
from local import postgres
from oneai import settings
from oneai.postgres import db

# Enough rows of each user for Postgres to prefer an index for the order.
SIZE = seed.Size(people=40, conversations=4_000, messages=24_000, longest=1_000)


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
async def test_pages_and_searches_use_their_indexes_and_the_rare_word_is_found_first(address: str) -> None:
    await bench_conversations.prove(address, seed.fill(address, SIZE))
