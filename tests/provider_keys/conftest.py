"""KMS for tests of providers' keys."""

from collections.abc import AsyncIterator

import pytest

from oneai.provider_keys import data_keys
from stand_ins import kms as stand_in
from tests.clients.kms.conftest import endpoint_at
from tests.served import served


@pytest.fixture
async def kms() -> AsyncIterator[str]:
    """The address of a KMS that the settings name; no data key is kept of an earlier test."""
    data_keys.forget()
    async with served(lambda _: stand_in.create()) as address:
        with endpoint_at(stand_in.settings_of(address)):
            yield address
    data_keys.forget()
