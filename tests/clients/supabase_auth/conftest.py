"""Projects, settings and clients for the tests of signing in."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from supabase_auth import AsyncGoTrueClient

from oneai import settings
from tests.clients.supabase_auth.gotrue import mounted, official
from tests.clients.supabase_auth.project import Project, SigningKey, a_project
from tests.served import served
from tests.world import Database


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


@pytest.fixture
def shapes(fixtures: Path) -> dict[str, Any]:
    """The shapes of Supabase Auth's answers."""
    found: dict[str, Any] = json.loads((fixtures / "supabase" / "gotrue_shapes.json").read_text())
    return found


@pytest.fixture
async def address(database: Database, tmp_path: Path) -> AsyncIterator[str]:
    """Where the stand-in is, under `/auth/v1` as at the gateway."""
    async with served(lambda base: mounted(database, tmp_path, base)) as base:
        yield base + "/auth/v1"


@pytest.fixture
async def confirming(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A project that wants addresses confirmed."""
    monkeypatch.setenv("ONEAI_CONFIRM_EMAIL", "1")
    async with (
        served(lambda base: mounted(database, tmp_path, base)) as base,
        httpx.AsyncClient(base_url=base + "/auth/v1") as client,
    ):
        yield client


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address) as client:
        yield client


@pytest.fixture
async def supabase(address: str) -> AsyncIterator[AsyncGoTrueClient]:
    """The official client, as an application has it."""
    async with official(address) as client:
        yield client
