"""The world of the tests: a Postgres for all, a database for each, and the whole stack over real sockets."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from local import postgres
from local.data_folder import REPOSITORY
from oneai import log
from tests import effort
from tests.stack import FIXTURES, running
from tests.world import Database, World


def pytest_configure(config: pytest.Config) -> None:
    """Samples the exhaustive tests, unless everything is asked for."""
    config.pluginmanager.register(effort, "effort")


@pytest.fixture(scope="session", autouse=True)
def _logger_of_the_session() -> None:
    """The logger keeps the stdout it was made with: let that not be the one of a test that captures."""
    log.count("TestsBegun")
    log.info("tests begin")


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
    with _fresh(server) as database:
        yield database


@pytest.fixture
def fixtures() -> Path:
    """What the outside services really send; not part of this repository."""
    if not (FIXTURES / "openrouter").is_dir():
        pytest.skip(f"there are no fixtures in {FIXTURES}")
    return FIXTURES


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """A whole stack of the test's own."""
    async with running(database, tmp_path) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One stack for a whole module, where no test minds what another did; `shared.newcomer()` is a person of its own.

    Such a module says `pytestmark = pytest.mark.asyncio(loop_scope="module")`.
    """
    with _fresh(server) as database:
        async with running(database, tmp_path_factory.mktemp("shared")) as world:
            yield world


@contextmanager
def _fresh(server: postgres.Server) -> Iterator[Database]:
    database = Database(server, f"test_{uuid4().hex[:12]}")
    postgres.clone(server, database.name)
    try:
        yield database
    finally:
        database.close()
        postgres.drop(server, database.name)
