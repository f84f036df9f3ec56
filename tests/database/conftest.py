"""People with quotas, and connections like those the functions have."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import pytest

from tests import kept_connections
from tests.database.turns import TurnClient
from tests.world import Database

type TurnClients = Callable[[int], Awaitable[list[TurnClient]]]


@pytest.fixture
def asha(database: Database) -> UUID:
    """A user on the free plan."""
    return database.user("asha@example.com")


@pytest.fixture
def ravi(database: Database) -> UUID:
    """A stranger to asha."""
    return database.user("ravi@example.com")


@asynccontextmanager
async def connections(database: Database, role: str) -> AsyncIterator[TurnClients]:
    """Opens the number of connections of a role that a test asks for."""
    address = database.url(role)
    async with AsyncExitStack() as stack:

        async def connect(count: int) -> list[TurnClient]:
            found = [await kept_connections.connect(address) for _ in range(count)]
            for connection in found:
                stack.push_async_callback(kept_connections.give_back, address, connection)
            return [TurnClient(connection) for connection in found]

        yield connect


@pytest.fixture
async def clients(database: Database) -> AsyncIterator[TurnClients]:
    """Opens the number of connections of `oneai_app` that a test asks for."""
    async with connections(database, "oneai_app") as connect:
        yield connect


@pytest.fixture
async def owners(database: Database) -> AsyncIterator[TurnClients]:
    """Opens connections that may call the functions for our own functions alone."""
    async with connections(database, "postgres") as connect:
        yield connect


@pytest.fixture
async def owner(owners: TurnClients) -> TurnClient:
    """One of those."""
    (one,) = await owners(1)
    return one


@pytest.fixture
async def client(clients: TurnClients) -> TurnClient:
    """One connection of `oneai_app`."""
    (one,) = await clients(1)
    return one
