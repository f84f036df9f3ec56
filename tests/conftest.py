"""The fixtures of all tests: one Postgres, a database for each test, and the whole stack over real sockets."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from local import postgres
from local.data_folder import REPOSITORY
from oneai import log, settings
from tests import canaries, effort, gate, kept_connections, limits
from tests.databases import Databases
from tests.documents.reader import Reader
from tests.served import served
from tests.sources import SOURCES
from tests.stack import Stack
from tests.tasks import tasks_end_here
from tests.world import Database, World


def pytest_configure(config: pytest.Config) -> None:
    """Samples the exhaustive tests, unless everything is asked for; ends what takes far too long; searches logs."""
    # Connections are not encrypted, and each HTTP client would spend 60 ms on reading certificate authorities.
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)
    config.pluginmanager.register(effort, "effort")
    config.pluginmanager.register(gate, "gate")
    config.pluginmanager.register(limits, "limits")
    config.pluginmanager.register(canaries, "canaries")
    gc.set_threshold(50_000, 20, 100)


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: the garbage collector need not look through them again and again."""
    gc.freeze()


STACK = pytest.StashKey[Stack]()


@pytest.fixture(scope="session", autouse=True)
def _logger_of_the_session() -> None:
    """The logger keeps the stdout it was made with: let that not be the one of a test that captures."""
    log.info("tests begin")


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """One Postgres for all tests, with the template built."""
    server = postgres.start_for_tests(REPOSITORY / ".data" / "tests")
    postgres.build_template(server)
    yield server
    postgres.stop(server)


@pytest.fixture(scope="session")
def databases(server: postgres.Server) -> Iterator[Databases]:
    """Copies of the template, for one test after the other."""
    databases = Databases(server)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oneai.postgres.pool._Pool", kept_connections.Pool)
        yield databases
    databases.close()


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A database that equals the template."""
    with databases.borrow() as database:
        yield database


@pytest.fixture(params=SOURCES, ids=lambda source: source.name)
def fixtures(request: pytest.FixtureRequest) -> Path:
    """Responses of external services: our own samples, and the recordings beside the repository if there are any."""
    source: Path = request.param
    return source


@pytest_asyncio.fixture(scope="session")
async def worker_stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    """The one stack of this worker, serving one world after the other."""
    async with Stack(tmp_path_factory.mktemp("stack")).started() as stack:
        request.session.stash[STACK] = stack
        yield stack


@pytest.fixture(autouse=True)
async def _tasks_end_with_their_test(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """A test leaves nothing running; where its module shares a world, the module leaves nothing."""
    stack = request.session.stash.get(STACK, None)
    if stack is not None and stack.in_use:
        yield
        return
    async with tasks_end_here():
        yield


@pytest.fixture
async def world(worker_stack: Stack, database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """The worker's stack without any trace of the tests before: a fresh database, fresh stand-ins."""
    async with worker_stack.world(database, tmp_path) as world:
        yield world


@pytest.fixture
async def own_world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """A stack of the test's own, for one that would disturb others, or whose module shares a world."""
    async with Stack(tmp_path).started() as stack, stack.world(database, tmp_path) as world:
        yield world


@pytest_asyncio.fixture(scope="module")
async def shared(
    worker_stack: Stack, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """One world for a module whose tests do not mind each other; `shared.newcomer()` is a user of its own."""
    with databases.borrow() as database:
        async with worker_stack.world(database, tmp_path_factory.mktemp("shared")) as world:
            yield world


@pytest.fixture
async def reader(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reader]:
    """Answers Lambda's Invoke API, as the function that reads files, while the test runs; take it after the world."""
    reader = Reader()
    async with served(reader.app) as address:
        monkeypatch.setenv("LAMBDA_ENDPOINT_URL", address)
        settings.reset_cache()
        yield reader
        monkeypatch.undo()
        settings.reset_cache()
