"""Connections to Postgres: one pool per event loop, opened by the first request, never part of a SnapStart snapshot.

Importing this module imports psycopg; `oneai.postgres.db` does so on first use.
"""

import asyncio
import math
import os
import select
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from oneai import request_stages, settings
from oneai.clients import secrets_manager
from oneai.errors import Busy
from oneai.postgres.request_check import RequestId

Error = psycopg.Error
OperationalError = psycopg.OperationalError

type Connection = psycopg.AsyncConnection[Any]

# A request waits this long for a connection before it is refused with Busy.
WAIT_SECONDS = 4
# A connection without a response for this long is shut down: statements take milliseconds. A live server cancels them
# itself, somewhat later.
SILENCE_SECONDS = 10


class _RequestIdDumper(Dumper):
    """Adapts a RequestId as a parameter: a uuid, or an expression in its place."""

    oid = psycopg.adapters.types["uuid"].oid

    def dump(self, obj: RequestId) -> bytes:
        return str(obj).encode()

    def quote(self, obj: RequestId) -> bytes:
        expression = obj.expression()
        return bytes(super().quote(obj)) if expression is None else expression.encode()


psycopg.adapters.register_dumper(RequestId, _RequestIdDumper)


@dataclass(frozen=True)
class DatabaseSettings:
    """`database_url` is the pooler's address. `database_pool_size` is for a process with one request at a time: two, so
    that a follower may read while its producer writes. A process with many requests (`aws_lambda_max_concurrency`,
    which Lambda sets on Managed Instances) has one more connection for every `streams_per_connection`, because an
    answer needs one for some milliseconds per second."""

    database_url: str
    database_pool_size: int = 2
    aws_lambda_max_concurrency: int = 1
    streams_per_connection: int = 16

    @property
    def connections(self) -> int:
        """The maximum connections of this process."""
        return self.database_pool_size + math.ceil((self.aws_lambda_max_concurrency - 1) / self.streams_per_connection)


# The number of borrowed connections of this process.
_borrowed = 0
_pool: tuple[asyncio.AbstractEventLoop, AsyncConnectionPool[Connection]] | None = None


@asynccontextmanager
async def borrow(seconds: float | None = None) -> AsyncIterator[Connection]:
    """A live autocommit connection for `seconds`, by default SILENCE_SECONDS, after which it is shut down.

    Raises Busy if none becomes available in time.
    """
    global _borrowed
    with request_stages.stage("database"):
        pool = await _pool_of_loop()
        connection = await _get_connection(pool)
        _borrowed += 1
        silence = asyncio.get_running_loop().call_later(seconds or SILENCE_SECONDS, _shut_down, connection)
        try:
            yield connection
        finally:
            _borrowed -= 1
            silence.cancel()
            await pool.putconn(connection)


async def _get_connection(pool: AsyncConnectionPool[Connection]) -> Connection:
    """Waits once if Postgres is unreachable, and longer while other connections are in use and the queue moves."""
    for last in (False, False, True):
        try:
            return await _live_connection(pool)
        except PoolTimeout as error:
            if _borrowed and not last:
                continue
            if await asyncio.to_thread(secrets_manager.refresh):
                await close()  # the password may have changed: the next borrow reads the settings again
            raise Busy(retry_after=2) from error
    raise Busy(retry_after=2)


async def close() -> None:
    """Closes the pool of this loop, if there is one; the next borrow opens another."""
    global _pool
    if _pool is not None:
        (_, pool), _pool = _pool, None
        await pool.close()


async def _pool_of_loop() -> AsyncConnectionPool[Connection]:
    global _pool
    loop = asyncio.get_running_loop()
    if _pool is None or _pool[0] is not loop:
        config = settings.read(DatabaseSettings)
        pool: AsyncConnectionPool[Connection] = _Pool(
            config.database_url,
            min_size=0,
            max_size=config.connections,
            open=False,
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


async def _live_connection(pool: AsyncConnectionPool[Connection]) -> Connection:
    """The next connection that the server has not closed. It is checked without a round trip: a live idle socket is not
    readable.

    The pool's own `check` backs off between dead connections, and a server restart leaves many.
    """
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        connection = await pool.getconn(timeout=give_up - time.monotonic())
        poller = select.poll()
        poller.register(connection.fileno(), select.POLLIN)
        if not poller.poll(0):
            return connection
        await connection.close()
        await pool.putconn(connection)


class _Pool(AsyncConnectionPool[Connection]):
    """The library's pool, with a worker that ends when it is cancelled.

    The library's worker treats a cancellation as a failed connection and waits for the next task, so an event loop that
    ends while connecting would wait for it forever.
    """

    @classmethod
    async def worker(cls, q: Any) -> None:
        """Runs tasks until the pool is closed or this worker is cancelled."""
        tasks: Any = _CancellableQueue(q)
        await super().worker(tasks)


class _CancellableQueue(asyncio.Queue[Any]):
    """A worker's task queue that raises once the worker was cancelled."""

    def __init__(self, tasks: asyncio.Queue[Any]) -> None:
        super().__init__()
        self._tasks = tasks

    async def get(self) -> Any:
        worker = asyncio.current_task()
        if worker is not None and worker.cancelling():
            raise asyncio.CancelledError
        return await self._tasks.get()


def _shut_down(connection: Connection) -> None:
    """Breaks the connection for the coroutine that waits on it.

    psycopg's cancellation would connect to the same server again: ten more seconds without a response.
    """
    if not connection.closed:
        with socket.socket(fileno=os.dup(connection.fileno())) as wire, suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
