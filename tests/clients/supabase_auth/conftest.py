"""Projects that sign tokens, and settings, for the tests of verifying them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from oneai import settings
from tests.clients.supabase_auth.project import Project, SigningKey, a_project


@pytest.fixture
def key() -> SigningKey:
    """The key the project signs with."""
    return SigningKey.elliptic("first-key")


@pytest.fixture
async def project(key: SigningKey, configure: "Configure") -> AsyncIterator[Project]:
    """A project that signs with `key`, and is the one our settings name."""
    async with a_project(key) as project:
        configure(SUPABASE_URL=project.url)
        yield project


class Configure:
    """Sets environment variables, and has the settings read again."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def __call__(self, **variables: str) -> None:
        for name, value in variables.items():
            self._patch.setenv(name, value)
        settings.reset_cache()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Settings for one test; everything about Supabase is unset before."""
    for name in ("SUPABASE_URL", "SUPABASE_JWT_SECRET", "SUPABASE_PUBLISHABLE_KEY", "ALLOW_ANONYMOUS"):
        monkeypatch.delenv(name, raising=False)
    settings.reset_cache()
    yield Configure(monkeypatch)
    settings.reset_cache()
