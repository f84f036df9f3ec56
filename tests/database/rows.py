"""What is stored, all of it, and who waits for whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.patience import until
from tests.world import Database


def everything(database: Database) -> dict[str, list[str]]:
    """Every row of every table of ours, as text."""
    tables = database.rows("select relname from pg_class where relnamespace = 'oneai'::regnamespace and relkind = 'r'")
    with psycopg.connect(database.url("postgres")) as connection:
        query = "select t::text from oneai.{} as t order by 1"
        return {
            table: [row for (row,) in connection.execute(sql.SQL(query).format(sql.Identifier(table)))]
            for table in sorted(tables)
        }


@asynccontextmanager
async def holding(
    database: Database, query: LiteralString, *params: Any
) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Somebody else's transaction that has locked what `query` locks, and ends with the block."""
    connection = await psycopg.AsyncConnection.connect(database.url("postgres"))
    try:
        await connection.execute(query, params)
        yield connection
    finally:
        await connection.rollback()
        await connection.close()


async def until_waiting(database: Database, count: int) -> None:
    """Returns when so many connections wait for a lock."""
    waiting: LiteralString = """
        select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"""
    await until(lambda: database.one(waiting) >= count)
