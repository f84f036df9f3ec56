"""The upstream of one test, and the settings that lead there."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from oneai import settings
from oneai.clients import openrouter
from oneai.models import providers
from tests.clients.openrouter.upstream import Upstream, Wire, running
from tests.sources import SOURCES, found


def recordings(*patterns: str) -> list[object]:
    """The samples and recordings to be tried."""
    return [pytest.param(path, id=path.name) for path in found(*(f"openrouter/{each}" for each in patterns))]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator["Configure"]:
    """Sets settings of the client for a test."""
    configure = Configure(monkeypatch)
    configure(
        OPENROUTER_API_KEY="sk-or-v1-of-a-test",
        OPENROUTER_RETRY_SECONDS="0.001",
        OPENROUTER_IDLE_SECONDS="20",
        OPENROUTER_DATA_COLLECTION="",
        SITE_URL="",
        SITE_NAME="",
    )
    providers.reset_catalogue()
    yield configure
    providers.reset_catalogue()
    settings.reset_cache()


class Configure:
    """Sets environment variables, and has the settings read again."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def __call__(self, **variables: str) -> None:
        for name, value in variables.items():
            self._patch.setenv(name, value)
        settings.reset_cache()


@pytest.fixture
async def upstream(configure: Configure) -> AsyncIterator[Upstream]:
    """The stand-in, with every recording there is, set as the client's."""
    async with running([source / "openrouter" for source in SOURCES]) as upstream:
        configure(OPENROUTER_BASE_URL=f"{upstream.address}/api/v1")
        yield upstream
        await openrouter.close()


@pytest.fixture
async def wire(configure: Configure) -> AsyncIterator[Wire]:
    """An upstream that sends exactly the bytes a test gives it."""
    wire = Wire()
    async with await asyncio.start_server(wire.answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        configure(OPENROUTER_BASE_URL=f"http://127.0.0.1:{port}/api/v1")
        yield wire
        await openrouter.close()
