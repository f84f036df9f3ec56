"""All stored rows, and which connections wait."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.patience import until
from tests.world import Database


def all_rows(database: Database) -> dict[str, list[str]]:
    """Every row of every table in our schema, as text."""
    tables = database.rows("select relname from pg_class where relnamespace = 'oneai'::regnamespace and relkind = 'r'")
    with psycopg.connect(database.url("postgres")) as connection:
        query = "select t::text from oneai.{} as t order by 1"
        return {
            table: [row for (row,) in connection.execute(sql.SQL(query).format(sql.Identifier(table)))]
            for table in sorted(tables)
        }


@asynccontextmanager
async def hold_locks(
    database: Database, query: LiteralString, *params: Any
) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Another transaction that holds the locks of `query` until the block ends."""
    connection = await psycopg.AsyncConnection.connect(database.url("postgres"))
    try:
        await connection.execute(query, params)
        yield connection
    finally:
        await connection.rollback()
        await connection.close()


async def wait_for_blocked(database: Database, count: int) -> None:
    """Waits until `count` connections wait for a lock."""
    waiting: LiteralString = """
        select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"""
    await until(lambda: database.one(waiting) >= count)
