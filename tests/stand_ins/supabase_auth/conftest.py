"""The stand-in for Supabase Auth over a database of the test's own, and clients of it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from supabase_auth import AsyncGoTrueClient

from oneai import settings
from oneai.clients import supabase_auth
from tests.patience import PATIENCE
from tests.served import served
from tests.stand_ins.supabase_auth.gotrue import Mailbox, mounted, official
from tests.world import Database


@pytest.fixture
async def address(database: Database, tmp_path: Path) -> AsyncIterator[str]:
    """The stand-in's address, under `/auth/v1` as at the gateway."""
    async with served(lambda base: mounted(database, tmp_path, base)) as base:
        yield base + "/auth/v1"


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a project that confirms no addresses."""
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
async def confirming(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a project that wants addresses confirmed."""
    monkeypatch.setenv("ONEAI_CONFIRM_EMAIL", "1")
    async with (
        served(lambda base: mounted(database, tmp_path, base)) as base,
        httpx.AsyncClient(base_url=base + "/auth/v1", timeout=PATIENCE) as client,
    ):
        yield client


@pytest.fixture
async def supabase(address: str) -> AsyncIterator[AsyncGoTrueClient]:
    """The official client, as an application has it."""
    async with official(address) as client:
        yield client


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    """The sent mails."""
    return Mailbox(tmp_path)


@pytest.fixture
def app_site(monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the app, which the project sends people to."""
    monkeypatch.setenv("SITE_URL", "https://app.oneai.example")
    return "https://app.oneai.example"


@pytest.fixture
def shapes(fixtures: Path) -> dict[str, Any]:
    """The shapes of Supabase Auth's answers."""
    shapes: dict[str, Any] = json.loads((fixtures / "supabase" / "gotrue_shapes.json").read_text())
    return shapes


@pytest.fixture
def verify_token(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Awaitable[supabase_auth.UserPrincipal]]]:
    """Our own verifier, for tokens of the stand-in."""
    monkeypatch.setenv("SUPABASE_URL", address.removesuffix("/auth/v1"))
    settings.reset_cache()
    supabase_auth.reset_cache()  # another project may have had this address before
    yield supabase_auth.verify
    settings.reset_cache()
