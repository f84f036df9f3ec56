"""KMS for tests of providers' keys."""

from collections.abc import AsyncIterator, Iterator

import pytest

from oneai import settings
from oneai.provider_keys import data_keys
from stand_ins import kms as stand_in
from tests.chat.conftest import wire
from tests.clients.kms.conftest import endpoint_at
from tests.database.conftest import asha, client, clients
from tests.provider_keys.keys import KEY
from tests.provider_keys.upstream import Upstream, addresses_of
from tests.served import served

__all__ = ["asha", "client", "clients", "kept_data_keys", "kms", "upstream", "wire"]


@pytest.fixture
async def kms() -> AsyncIterator[str]:
    """The address of a KMS that the settings name; no data key is kept of an earlier test."""
    data_keys.forget()
    async with served(lambda _: stand_in.create()) as address:
        with endpoint_at(stand_in.settings_of(address)):
            yield address
    data_keys.forget()


@pytest.fixture
async def upstream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    """A server in the place of all providers, which accepts one key."""
    made = Upstream(KEY)
    async with served(lambda _: made.app()) as address:
        for name, value in addresses_of(address).items():
            if name != "OPENROUTER_BASE_URL":
                monkeypatch.setenv(name, value)
        monkeypatch.setenv("TRUSTED_ENDPOINT_ORIGINS", address)
        settings.reset_cache()
        made.address = address
        yield made
    settings.reset_cache()


@pytest.fixture
def kept_data_keys() -> Iterator[None]:
    """No data key is kept of an earlier test."""
    data_keys.forget()
    yield
    data_keys.forget()
