"""The stack's one clock: Postgres's, plus an offset kept in the database, so that all processes agree on the time.

It only moves forward. A database that is not ours (DATABASE_URL) has no offset: its clock cannot be moved.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg


@dataclass(frozen=True)
class Reading:
    """The time of the clock, and its offset from real time."""

    now: datetime
    ahead: timedelta


def in_words(span: timedelta) -> str:
    """A time span in words, in its two largest units: `71 days and 3 hours`."""
    minutes = int(span.total_seconds() // 60)
    amounts = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
    parts = [f"{amount:,} {unit}{'s' * (amount != 1)}" for unit, amount in amounts.items() if amount]
    return " and ".join(parts[:2]) or "less than a minute"


class BackwardsError(Exception):
    """The clock cannot be moved backwards."""


class NoClockError(Exception):
    """This database has no clock that can be moved."""


class Clock:
    """Reads and moves the clock of one database."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url

    async def read(self) -> Reading:
        """The stack's current time."""
        async with self.connection() as connection:
            return await self.read_from(connection)

    async def read_from(self, connection: psycopg.AsyncConnection[Any]) -> Reading:
        """The same by a connection that is open already."""
        try:
            row = await (await connection.execute("select now() + ahead, ahead from local.clock")).fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
            row = await (await connection.execute("select now(), interval '0'")).fetchone()
        if row is None:
            raise NoClockError
        return Reading(*row)

    async def advance(self, by: timedelta) -> Reading:
        """Moves time forward; raises BackwardsError for a negative step."""
        if by < timedelta(0):
            raise BackwardsError
        return await self._move("update local.clock set ahead = ahead + %s returning now() + ahead, ahead", [by])

    async def move_to(self, moment: datetime) -> Reading:
        """Moves time to `moment`; raises BackwardsError if that has passed."""
        return await self._move(
            "update local.clock set ahead = %s - now() where now() + ahead <= %s returning now() + ahead, ahead",
            [moment, moment],
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection for one query: the clock is read seldom, and a pool would need maintenance."""
        connection = await psycopg.AsyncConnection.connect(self.database_url, autocommit=True, connect_timeout=3)
        try:
            yield connection
        finally:
            await connection.close()

    async def _move(self, statement: str, parameters: list[Any]) -> Reading:
        async with self.connection() as connection:
            try:
                cursor = await connection.execute(statement.encode(), parameters)
            except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege) as error:
                raise NoClockError from error
            row = await cursor.fetchone()
        if row is None:
            raise BackwardsError
        return Reading(*row)
