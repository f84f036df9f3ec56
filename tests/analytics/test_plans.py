"""Among thousands of users and events no report reads a single one of them, nor sums of other days than its own."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bench import admin_seed, bench_admin
from local import postgres
from oneai import settings
from oneai.postgres import db

# So many that a month of their sums is worth an index.
SIZE = admin_seed.Size(people=2_000, messages=2_000, events=20_000)


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


async def test_reports_read_the_sums_of_their_days_by_index(address: str) -> None:
    now = admin_seed.fill(address, SIZE)

    await bench_admin.prove(address, bench_admin.period_of(now, days=20))
