"""A buyer at Stripe's stand-in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.billing.stripe.buyers import Buyer, buying
from tests.world import Database


@pytest.fixture
async def buyer(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Buyer]:
    """A buyer of their own."""
    async with buying(database, tmp_path, monkeypatch) as buyer:
        yield buyer
