"""A Midtrans with scripted answers, on a socket of its own, and the settings of a function that uses it."""

from collections.abc import AsyncIterator

import pytest

from oneai import settings
from oneai.clients import midtrans
from tests.billing.provider.conftest import Upstream
from tests.canaries import CANARY
from tests.served import served

SERVER_KEY = f"SB-Mid-server-{CANARY}"


@pytest.fixture
def upstream_of_midtrans() -> Upstream:
    """What Midtrans answers, and what it was asked."""
    return Upstream()


@pytest.fixture
async def upstream(upstream_of_midtrans: Upstream, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    """The same, served where the settings say."""

    def make(address: str) -> Upstream:
        upstream_of_midtrans.address = address
        return upstream_of_midtrans

    monkeypatch.setattr(midtrans, "BACKOFF_SECONDS", 0.001)
    async with served(make) as address:
        monkeypatch.setenv("MIDTRANS_BASE_URL", address)
        monkeypatch.setenv("MIDTRANS_SERVER_KEY", SERVER_KEY)
        settings.reset_cache()
        yield upstream_of_midtrans
        await midtrans.close()
    settings.reset_cache()
