"""The stack's one clock: Postgres's, plus an offset kept in the database, so that everybody who decides by time agrees.

It only goes forward. A database that is not ours (DATABASE_URL) has no such offset: its clock is what it is.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg


@dataclass(frozen=True)
class Reading:
    """What the clock shows, and how far that is ahead of real time."""

    now: datetime
    ahead: timedelta


def in_words(span: timedelta) -> str:
    """A span as people say it, in its two largest units: `71 days and 3 hours`."""
    minutes = int(span.total_seconds() // 60)
    amounts = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
    said = [f"{amount:,} {unit}{'s' * (amount != 1)}" for unit, amount in amounts.items() if amount]
    return " and ".join(said[:2]) or "less than a minute"


class BackwardsError(Exception):
    """Somebody wants time to run backwards."""


class NoClockError(Exception):
    """This database has no clock that could be moved."""


class Clock:
    """Reads and moves the clock of one database."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url

    async def read(self) -> Reading:
        """The time it is in this stack."""
        async with self.connection() as connection:
            try:
                found = await (await connection.execute("select now() + ahead, ahead from local.clock")).fetchone()
            except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
                found = await (await connection.execute("select now(), interval '0'")).fetchone()
        if found is None:
            raise NoClockError
        return Reading(*found)

    async def advance(self, by: timedelta) -> Reading:
        """Moves time forward; raises BackwardsError for a negative step."""
        if by < timedelta(0):
            raise BackwardsError
        return await self._move("update local.clock set ahead = ahead + %s returning now() + ahead, ahead", [by])

    async def move_to(self, moment: datetime) -> Reading:
        """Moves time to `moment`; raises BackwardsError when that is over."""
        return await self._move(
            "update local.clock set ahead = %s - now() where now() + ahead <= %s returning now() + ahead, ahead",
            [moment, moment],
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection for one question: the clock is asked seldom, and a pool would have to be looked after."""
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
            found = await cursor.fetchone()
        if found is None:
            raise BackwardsError
        return Reading(*found)
