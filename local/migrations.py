"""Brings a database to the newest schema, as a Supabase project would get it.

The bootstrap adds what Supabase has and plain Postgres has not (as superuser), the migrations run as a role that is
no superuser, so that they meet the refusals they would meet there, and last the stack's clock takes over `oneai.now()`.
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql

from local.data_folder import REPOSITORY
from local.postgres_server import Server

BOOTSTRAP = (REPOSITORY / "local" / "bootstrap.sql", REPOSITORY / "local" / "auth_schema.sql")
MIGRATIONS = REPOSITORY / "supabase" / "migrations"
CLOCK = (REPOSITORY / "local" / "clock.sql",)

# The Supabase CLI's own table, so that a database may go from one to the other.
_RECORD = """
    create schema if not exists supabase_migrations authorization migrator;
    create table if not exists supabase_migrations.schema_migrations (
        version text primary key, statements text[], name text
    );
"""


class MigrationError(Exception):
    """An SQL file was refused; the message names the file, the line and Postgres's reason."""


def migrate(server: Server, database: str) -> list[str]:
    """Makes `database` if missing and applies what it has not seen yet; the names of the applied files.

    Each file is one transaction. Raises MigrationError, also for a file that changed since it was applied.
    """
    with server.connect("postgres") as connection:
        if connection.execute("select from pg_database where datname = %s", [database]).fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    with server.connect(database) as connection:
        applied = _bootstrap(connection)
        connection.execute(_RECORD)
        applied += _migrations(connection)
        for file in filter(Path.exists, CLOCK):
            apply(connection, file)
        connection.execute("alter role oneai_app login")
    return applied


def apply(connection: psycopg.Connection[Any], file: Path, *, role: str | None = None) -> None:
    """Runs one file in one transaction, as `role` where one is given."""
    text = file.read_text()
    try:
        with connection.transaction():
            if role is not None:
                # Not `set role`: for the session to be a superuser's would still show in places.
                connection.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(role)))
            connection.execute(cast("Any", text))
    except psycopg.Error as error:
        raise MigrationError(_explain(file, text, error)) from error
    connection.execute("reset role")  # a file may have taken one


def content_hash(files: Iterable[Path]) -> str:
    """One short name for the contents of `files`."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.name}\0{len(file.read_bytes())}\0".encode() + file.read_bytes())
    return total.hexdigest()[:16]


def migration_files() -> list[Path]:
    """The migrations in the order of their timestamps."""
    return sorted(MIGRATIONS.glob("*.sql"))


def _bootstrap(connection: psycopg.Connection[Any]) -> list[str]:
    files = [file for file in BOOTSTRAP if file.exists()]
    wanted = content_hash(files)
    connection.execute("create schema if not exists local")
    connection.execute("create table if not exists local.bootstrapped (content_hash text primary key)")
    if connection.execute("select from local.bootstrapped where content_hash = %s", [wanted]).fetchone() is not None:
        return []
    for file in files:
        apply(connection, file)
    connection.execute("insert into local.bootstrapped values (%s)", [wanted])
    return [file.name for file in files]


def _migrations(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute("select version, statements[1] from supabase_migrations.schema_migrations").fetchall()
    seen = {row[0] for row in rows}
    _refuse_another_past(dict(rows))
    applied = []
    for file in migration_files():
        named = re.fullmatch(r"(\d+)_(.+)\.sql", file.name)
        if named is None:
            raise MigrationError(f"{file.name}: a migration is named <timestamp>_<sentence>.sql")
        version, name = named.groups()
        if version in seen:
            continue
        apply(connection, file, role="migrator")
        record = "insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)"
        connection.execute(record, [version, name, [file.read_text()]])
        seen.add(version)
        applied.append(file.name)
    return applied


def _refuse_another_past(recorded: dict[str, str | None]) -> None:
    """Raises MigrationError where a migration that was applied is gone or says something else now."""
    ours = {file.name.partition("_")[0]: file for file in migration_files()}
    for version, applied in sorted(recorded.items()):
        file = ours.get(version)
        if file is None or applied not in (None, file.read_text()):
            name = file.name if file else f"Migration {version}"
            raise MigrationError(f"{name} is not as this database was made: `make clean` throws its data away.")


def _explain(file: Path, text: str, error: psycopg.Error) -> str:
    told = error.diag
    where = str(file.relative_to(REPOSITORY)) if file.is_relative_to(REPOSITORY) else str(file)
    if told.statement_position:
        where += f":{text.count(chr(10), 0, int(told.statement_position) - 1) + 1}"
    reasons = (told.message_primary or str(error), told.message_detail, told.message_hint, told.context)
    return f"{where}: " + "\n  ".join(reason for reason in reasons if reason)
