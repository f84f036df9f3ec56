"""A database for every test: migrated once, then copied."""

import fcntl
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from local.data_folder import reachable
from local.migrations import BOOTSTRAP, CLOCK, content_hash, migrate, migration_files
from local.postgres_server import OccupiedError, Server, start

TEMPLATE = "oneai_template"
_UNFINISHED = "oneai_template_half"


def start_for_tests(folder: Path) -> Server:
    """A fast server without durability below `folder`: the first that no other test run uses."""
    folder = reachable(folder)
    for number in range(1, 100):
        try:
            return start(folder / str(number), durable=False)
        except OccupiedError:
            continue
    raise OccupiedError(f"A hundred test runs over {folder}?")


def build_template(server: Server) -> str:
    """Ensures that the template has the newest schema and accepts no connections; its name.

    Built once per content of the SQL files, by the first caller.
    """
    content = content_hash(file for file in (*BOOTSTRAP, *migration_files(), *CLOCK) if file.exists())
    with (server.folder / "template.lock").open("w") as lock, server.connect("postgres") as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        comment = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = %s", [TEMPLATE]
        ).fetchone()
        if comment and comment[0] == content:
            return TEMPLATE
        _drop(connection, _UNFINISHED)
        migrate(server, _UNFINISHED)
        _drop(connection, TEMPLATE)
        unfinished, template = sql.Identifier(_UNFINISHED), sql.Identifier(TEMPLATE)
        connection.execute(sql.SQL("alter database {} allow_connections false").format(unfinished))
        connection.execute(sql.SQL("alter database {} rename to {}").format(unfinished, template))
        connection.execute(sql.SQL("comment on database {} is {}").format(template, sql.Literal(content)))
    return TEMPLATE


def clone(server: Server, name: str) -> str:
    """Creates a copy of the template called `name`; its URL for `oneai_app`."""
    with server.connect("postgres") as connection:
        copy = "create database {} template {} strategy file_copy"
        connection.execute(sql.SQL(copy).format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    return server.url(name, "oneai_app")


def drop(server: Server, name: str) -> None:
    """Drops a copy and its open connections."""
    with server.connect("postgres") as connection:
        _drop(connection, name)


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
