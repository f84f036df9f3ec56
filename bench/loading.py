"""Loads many rows into an empty database without triggers, and builds indexes afterwards."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from bench.progress import Progress

# Rows between two updates of the progress.
SHOWN_EVERY = 10_000


@contextmanager
def bulk_connection(address: str) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection without triggers and foreign keys, whose commits do not wait for the disk."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set synchronous_commit = off")
        connection.execute("set statement_timeout = 0")
        connection.execute("set maintenance_work_mem = '512MB'")
        yield connection


# The personal workspaces of all users, as oneai.ensure_user makes them, without quotas.
PERSONAL_WORKSPACES: LiteralString = """
    with made as (
      insert into oneai.workspaces (id, kind, created_at)
      select u.id, 'personal', u.created_at from oneai.users as u on conflict (id) do nothing
      returning id, created_at)
    insert into oneai.workspace_members (user_id, workspace_id, role, joined_at)
    select m.id, m.id, 'owner', m.created_at from made as m
"""


@contextmanager
def indexes_last(connection: psycopg.Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """Drops the indexes of these tables except those of constraints, and rebuilds them after the block."""
    indexes = connection.execute(
        """
        select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
        where indrelid = any (select ('oneai.' || name)::regclass from unnest(%s::text[]) as name)
          and not exists (select from pg_constraint where conindid = indexrelid)
        """,
        [list(tables)],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(*name.split("."))))
    yield
    progress = Progress(len(indexes), "indexes")
    for number, (_, definition) in enumerate(indexes, 1):
        connection.execute(sql.SQL(definition))
        progress.show(number)
    progress.end()


def copy(
    connection: psycopg.Connection[Any],
    name: str,
    query: LiteralString,
    rows: Iterable[tuple[Any, ...]],
    total: int,
) -> None:
    """Loads rows by a COPY statement; `total` is how many are expected, for the progress bar."""
    progress = Progress(total / 1000, f"thousand {name}")
    progress.show(0)
    with connection.cursor() as cursor, cursor.copy(query) as copying:
        for number, row in enumerate(rows, 1):
            copying.write_row(row)
            if number % SHOWN_EVERY == 0:
                progress.show(number / 1000)
    progress.end()
