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
_HALF = "oneai_template_half"


def start_for_tests(folder: Path) -> Server:
    """A fast, forgetful server below `folder`: the first that no other test run is using."""
    folder = reachable(folder)
    for number in range(1, 100):
        try:
            return start(folder / str(number), durable=False)
        except OccupiedError:
            continue
    raise OccupiedError(f"A hundred test runs over {folder}?")


def build_template(server: Server) -> str:
    """Makes sure that the template holds the newest schema, and that nobody can connect to it; its name.

    Built once per content of the SQL files, by whoever comes first.
    """
    wanted = content_hash(file for file in (*BOOTSTRAP, *migration_files(), *CLOCK) if file.exists())
    with (server.folder / "template.lock").open("w") as lock, server.connect("postgres") as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = %s", [TEMPLATE]
        ).fetchone()
        if found and found[0] == wanted:
            return TEMPLATE
        _drop(connection, _HALF)
        migrate(server, _HALF)
        _drop(connection, TEMPLATE)
        half, whole = sql.Identifier(_HALF), sql.Identifier(TEMPLATE)
        connection.execute(sql.SQL("alter database {} allow_connections false").format(half))
        connection.execute(sql.SQL("alter database {} rename to {}").format(half, whole))
        connection.execute(sql.SQL("comment on database {} is {}").format(whole, sql.Literal(wanted)))
    return TEMPLATE


def clone(server: Server, name: str) -> str:
    """A fresh copy of the template called `name`; the address at which `oneai_app` finds it."""
    with server.connect("postgres") as connection:
        copy = "create database {} template {} strategy file_copy"
        connection.execute(sql.SQL(copy).format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    return server.url(name, "oneai_app")


def drop(server: Server, name: str) -> None:
    """Throws a copy away, whoever is still connected to it."""
    with server.connect("postgres") as connection:
        _drop(connection, name)


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
