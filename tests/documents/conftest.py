"""The function that reads files, as a stand-in for tests of the job."""

from collections.abc import AsyncIterator

import pytest

from oneai import settings
from tests.documents.reader import Reader
from tests.served import served


@pytest.fixture
async def reader(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reader]:
    """Answers Lambda's Invoke API while the test runs; take it after the world."""
    reader = Reader()
    async with served(reader.app) as address:
        monkeypatch.setenv("LAMBDA_ENDPOINT_URL", address)
        settings.reset_cache()
        yield reader
        monkeypatch.undo()
        settings.reset_cache()
