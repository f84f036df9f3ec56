"""What a deployed function meets: a database, Supabase Auth and OpenRouter, all on this machine."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from stand_ins import openrouter
from tests.canaries import CANARY
from tests.deploy.artefacts import built
from tests.deploy.cloud import Cloud
from tests.served import served
from tests.world import Database, join

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what starts artefacts where they cannot start: they are built for Lambda's Linux."""
    for item in items:
        if sys.platform != "linux" and item.path.parent == HERE and item.path.name == "test_artefacts.py":
            item.add_marker(pytest.mark.skip(reason="the artefacts hold libraries for Linux"))


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Everything `make build` builds, for this machine."""
    return built()


@dataclass
class Outside:
    """What a function reaches, and Asha's access token."""

    variables: dict[str, str]
    token: str
    database: Database


@pytest.fixture
async def outside(database: Database, tmp_path: Path) -> AsyncIterator[Outside]:
    """A database of its own with one user, who has just signed up."""

    def auth(base: str) -> Starlette:
        return Starlette(routes=[Mount("/auth/v1", join(database, tmp_path / "auth", base))])

    async with AsyncExitStack() as stack:
        supabase = await stack.enter_async_context(served(auth))
        upstream = await stack.enter_async_context(served(lambda _: openrouter.create(pause=0)))
        async with httpx.AsyncClient(base_url=supabase) as http:
            user = {"email": "asha@example.com", "password": "asha-password"}
            joined = (await http.post("/auth/v1/signup", json=user)).raise_for_status()
        variables = {
            "DATABASE_URL": database.url("oneai_app"),
            "SUPABASE_URL": supabase,
            "OPENROUTER_BASE_URL": f"{upstream}/api/v1",
            "OPENROUTER_API_KEY": f"sk-or-v1-{CANARY}",
            "SITE_URL": "https://app.example.com",
            "CORS_ORIGINS": "https://app.example.com",
            "STORAGE_BUCKET": "files-of-a-test",
            "WIDGET_ORIGIN": "https://widget.example.com",
            "VISITOR_KEYS": f"{CANARY}-of-visitors-of-a-test",
            "IDENTITY_KEYS": f"{CANARY}-of-identities-of-a-test",
            # Lambda gives every function its role's; signing an address sends no request.
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": CANARY,
        }
        yield Outside(variables, joined.json()["access_token"], database)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The stand-ins for `sam`, `aws` and `supabase`."""
    return Cloud(tmp_path / "cloud", monkeypatch)


@pytest.fixture
def nowhere(unused_tcp_port: int) -> str:
    """The address of an API that is not there."""
    return f"http://127.0.0.1:{unused_tcp_port}/api"
