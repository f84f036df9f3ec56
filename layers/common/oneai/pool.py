"""Connections to Postgres: one pool per event loop, opened by the first request, never photographed by SnapStart.

Importing this module imports psycopg; `oneai.db` does so on first use.
"""

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from oneai import secrets, settings
from oneai.errors import Busy

Error = psycopg.Error
OperationalError = psycopg.OperationalError

type Connection = psycopg.AsyncConnection[Any]

# A person waits this long for a connection before hearing that we are busy.
WAIT_SECONDS = 4
# A connection that says nothing for so long is given up: statements take milliseconds. A server that is alive ends
# them by itself, somewhat later.
SILENT_SECONDS = 10


@dataclass(frozen=True)
class DatabaseSettings:
    """`database_url` is the pooler's address; `database_pool_size` is per process, two on Lambda: one request each,
    whose follower may read while its producer writes."""

    database_url: str
    database_pool_size: int = 2


_pool: tuple[asyncio.AbstractEventLoop, AsyncConnectionPool[Connection]] | None = None


@asynccontextmanager
async def borrow() -> AsyncIterator[Connection]:
    """An autocommit connection that was alive when it was handed out.

    Raises Busy when none can be had in time, or when it falls silent.
    """
    pool = await _of_this_loop()
    try:
        connection = await pool.getconn(timeout=WAIT_SECONDS)
    except PoolTimeout as error:
        if await asyncio.to_thread(secrets.refresh):
            await close()  # the password may have been changed: the next borrow reads the address again
        raise Busy(retry_after=2) from error
    try:
        async with asyncio.timeout(SILENT_SECONDS):
            yield connection
    except TimeoutError as error:
        raise Busy(retry_after=2) from error
    finally:
        await pool.putconn(connection)


async def close() -> None:
    """Closes the pool of this loop, if there is one; the next borrow opens another."""
    global _pool
    if _pool is not None:
        (_, pool), _pool = _pool, None
        await pool.close()


async def _of_this_loop() -> AsyncConnectionPool[Connection]:
    global _pool
    loop = asyncio.get_running_loop()
    if _pool is None or _pool[0] is not loop:
        wanted = settings.read(DatabaseSettings)
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            wanted.database_url,
            min_size=0,
            max_size=wanted.database_pool_size,
            open=False,
            check=_check_still_connected,
            max_idle=300,
            reconnect_timeout=WAIT_SECONDS,
            num_workers=1,
            kwargs={
                "autocommit": True,
                # Supavisor's transaction mode cannot keep prepared statements.
                "prepare_threshold": None,
                "connect_timeout": 3,
                "tcp_user_timeout": 10_000,
                "application_name": "oneai",
            },
        )
        _pool = (loop, pool)
        await pool.open()
    return _pool[1]


async def _check_still_connected(connection: Connection) -> None:
    """Without a round trip: an idle socket that is readable was hung up, or has an error waiting."""
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    if poller.poll(0):
        await connection.close()
        raise psycopg.OperationalError("the server hung up while the connection was idle")
