"""Connections of the service that outlive its pool, for the next test over the same database.

A new connection costs Postgres more than most requests: its catalogue caches are empty, and it compiles each function
again. Each test still has a pool of its own.
"""

import select
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict

from oneai.postgres import pool
from tests.world import Database

# Some tests open twenty at once; most need one or two.
_MOST = 4


class KeptConnections:
    """Those of one database: idle, and not closed by Postgres."""

    def __init__(self) -> None:
        self._connections: list[pool.Connection] = []

    def pids(self) -> list[int]:
        """Their processes in Postgres."""
        return [each.info.backend_pid for each in self._connections]

    def keep(self, connection: pool.Connection) -> bool:
        """Keeps it for `take`. False: it has to be closed."""
        if len(self._connections) == _MOST or not _is_idle(connection):
            return False
        self._connections.append(connection)
        return True

    def take(self) -> pool.Connection | None:
        """One of them, or None."""
        while self._connections:
            connection = self._connections.pop()
            if _is_idle(connection):
                return connection
            connection.pgconn.finish()
        return None

    def close(self) -> None:
        """Closes them."""
        while self._connections:
            self._connections.pop().pgconn.finish()


def place_of(address: str) -> tuple[str | None, ...]:
    """What a database's address names beside a password, which Postgres does not ask for here."""
    parts = conninfo_to_dict(address)
    return tuple(None if part is None else str(part) for part in map(parts.get, ("host", "port", "user", "dbname")))


# What a session keeps beyond its transactions.
LEFTOVERS: tuple[LiteralString, ...] = (
    *("reset all", "reset session authorization", "discard temp"),
    *("select pg_advisory_unlock_all()", "unlisten *"),
)
BY_PLACE: dict[tuple[str | None, ...], KeptConnections] = {}


def close(database: Database) -> None:
    """Closes those of a test's database: for a test that needs new ones, or none."""
    BY_PLACE[place_of(database.url("oneai_app"))].close()


async def connect(address: str) -> pool.Connection:
    """A connection as those of the pool: a kept one if there is one."""
    kept = BY_PLACE.get(place_of(address))
    connection = None if kept is None else kept.take()
    if connection is not None:
        return connection
    return await psycopg.AsyncConnection.connect(
        address, autocommit=True, prepare_threshold=None, application_name="oneai"
    )


async def give_back(address: str, connection: pool.Connection) -> None:
    """Keeps a connection of `connect`, without what a test has set on it, or closes it."""
    kept = BY_PLACE.get(place_of(address))
    if kept is not None and _is_idle(connection):
        for leftover in LEFTOVERS:
            await connection.execute(leftover)
        if kept.keep(connection):
            return
    await connection.close()


class Pool(pool._Pool):
    """The service's pool. It begins with the connections that the one before it has left."""

    async def _connect(self, timeout: float | None = None) -> Any:  # noqa: ASYNC109  as the library calls it
        kept = self._kept()
        connection = None if kept is None else kept.take()
        if connection is None:
            return await super()._connect(timeout)
        connection._pool = self
        self._set_connection_expiry_date(connection)
        return connection

    async def _close_connection(self, conn: Any) -> None:
        kept = self._kept() if self.closed else None
        conn._pool = None
        if kept is None or not kept.keep(conn):
            await conn.close()

    def _kept(self) -> KeptConnections | None:
        return BY_PLACE.get(place_of(str(self.conninfo)))


def _is_idle(connection: pool.Connection) -> bool:
    """A socket that can be read has been closed by Postgres, as in `pool.borrow`."""
    if connection.closed or connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        return False
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return not poller.poll(0)
