"""A database of a test's own that is filled by the test, and used by the package over one connection."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from local import postgres
from oneai import settings
from oneai.postgres import db


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
