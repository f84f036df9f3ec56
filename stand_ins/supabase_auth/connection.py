"""The stand-in's connections. Each one uses the stack's time."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection


class Connection(AsyncConnection[tuple[Any, ...]]):
    """The connection of one request. Statements compare with `now` and store it; none calls Postgres's `now()`."""

    now: datetime
    """The stack's time when the request began."""


async def connect(database_url: str) -> Connection:
    """A connection for one request: sign-ins are rare, and none is left open when Postgres restarts."""
    conn = await Connection.connect(database_url, connect_timeout=3)
    try:
        conn.now = await _stack_time(conn)
    except BaseException:
        await conn.close()
        raise
    return conn


async def _stack_time(conn: Connection) -> datetime:
    try:
        row = await (await conn.execute("select now() + ahead from local.clock")).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        # A database that is not the stack's own has no clock that can be moved.
        await conn.rollback()
        row = await (await conn.execute("select now()")).fetchone()
    assert row is not None  # noqa: S101 - both statements return one row
    await conn.commit()
    now: datetime = row[0]
    return now
