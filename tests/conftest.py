"""The world of the tests: a Postgres for all, a database for each, and the whole stack over real sockets."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from local import postgres
from local import openrouter as stand_in
from local.data_folder import REPOSITORY
from local.gateway import Gateway
from local.supabase_auth.signer import Signer
from local.template import read
from oneai import db, openrouter, settings
from tests.served import served
from tests.world import Database, World, join

FIXTURES = Path(os.environ.get("ONEAI_FIXTURES") or REPOSITORY.parent / "shared" / "fixtures")


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """One Postgres for all tests, with the template built."""
    server = postgres.start_for_tests(REPOSITORY / ".data" / "tests")
    postgres.build_template(server)
    yield server
    postgres.stop(server)


@pytest.fixture
def database(server: postgres.Server) -> Iterator[Database]:
    """A fresh copy of the template."""
    database = Database(server, f"test_{uuid4().hex[:12]}")
    postgres.clone(server, database.name)
    yield database
    database.close()
    postgres.drop(server, database.name)


@pytest.fixture
def fixtures() -> Path:
    """What the outside services really send; not part of this repository."""
    if not (FIXTURES / "openrouter").is_dir():
        pytest.skip(f"there are no fixtures in {FIXTURES}")
    return FIXTURES


@pytest.fixture
async def world(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The whole stack in this loop: gateway, functions, stand-in upstream, database; asha and ravi are signed up."""
    async with AsyncExitStack() as stack:
        recordings = FIXTURES / "openrouter"
        upstream = await stack.enter_async_context(
            served(lambda _: stand_in.create(recordings if recordings.is_dir() else None, pause=0.001))
        )
        for name, value in {
            "DATABASE_URL": database.url("oneai_app"),
            "DATABASE_POOL_SIZE": "20",
            "OPENROUTER_BASE_URL": f"{upstream}/api/v1",
            "OPENROUTER_API_KEY": "sk-or-test",
            "OPENROUTER_RETRY_SECONDS": "0.01",
            "SITE_URL": "https://oneai.example",
            "SITE_NAME": "OneAI",
        }.items():
            monkeypatch.setenv(name, value)
        gateway: Gateway | None = None

        def make(address: str) -> Gateway:
            nonlocal gateway
            monkeypatch.setenv("SUPABASE_URL", address)
            settings.forget()
            auth = join(database, tmp_path, address)
            gateway = Gateway(read(REPOSITORY / "template.yaml"), {"/auth/v1": auth}, "https://app.oneai.example")
            return gateway

        address = await stack.enter_async_context(served(make))
        assert gateway is not None
        await gateway.startup()
        world = World(address, upstream, database, Signer.load(tmp_path, address))
        await stack.enter_async_context(world)
        yield world
        await gateway.shutdown()
        await db.close()
        await openrouter.close()
    settings.forget()
