"""The function of the template, over a storage of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local import template
from local.data_folder import REPOSITORY
from local.jobs import Jobs
from local.metrics import Metrics
from tests.ingest_document.reader import Reader, Storage
from tests.served import served


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    """Reads files as the deployed function does."""
    function = template.read(REPOSITORY / "template.yaml").function("ingest_document")
    assert function is not None
    storage = Storage()
    async with served(lambda _: storage.app) as address:
        yield Reader(Jobs(Metrics(tmp_path / "metrics.jsonl")), function, storage, address)
