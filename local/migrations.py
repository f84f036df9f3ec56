"""Brings a database to the newest schema, as a Supabase project would get it.

The bootstrap adds what Supabase has and plain Postgres lacks (as superuser), the migrations run as a role without
superuser rights, so that they fail where they would fail there, and last the stack's clock replaces `oneai.now()`.
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

# The Supabase CLI's own table, so that either can migrate a database of the other.
_RECORD = """
    create schema if not exists supabase_migrations authorization migrator;
    create table if not exists supabase_migrations.schema_migrations (
        version text primary key, statements text[], name text
    );
"""


class MigrationError(Exception):
    """An SQL file was refused; the message names the file, the line and Postgres's reason."""


def migrate(server: Server, database: str) -> list[str]:
    """Creates `database` if missing and applies new files; the names of the applied ones.

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
    """Runs one file in one transaction, as `role` if given."""
    text = file.read_text()
    try:
        with connection.transaction():
            if role is not None:
                # Not `set role`: some checks look at the session's user, which would still be a superuser.
                connection.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(role)))
            connection.execute(cast("Any", text))
    except psycopg.Error as error:
        raise MigrationError(_explain(file, text, error)) from error
    connection.execute("reset role")  # the file may have set one


def content_hash(files: Iterable[Path]) -> str:
    """A short hash of the names and contents of `files`."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{len(file.read_bytes())}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def migration_files() -> list[Path]:
    """The migrations in the order of their timestamps."""
    return sorted(MIGRATIONS.glob("*.sql"))


def _bootstrap(connection: psycopg.Connection[Any]) -> list[str]:
    files = [file for file in BOOTSTRAP if file.exists()]
    content = content_hash(files)
    connection.execute("create schema if not exists local")
    connection.execute("create table if not exists local.bootstrapped (content_hash text primary key)")
    if connection.execute("select from local.bootstrapped where content_hash = %s", [content]).fetchone() is not None:
        return []
    for file in files:
        apply(connection, file)
    connection.execute("insert into local.bootstrapped values (%s)", [content])
    return [file.name for file in files]


def _migrations(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute("select version, statements[1] from supabase_migrations.schema_migrations").fetchall()
    applied_versions = {row[0] for row in rows}
    _check_applied(dict(rows))
    applied = []
    for file in migration_files():
        match = re.fullmatch(r"(\d+)_(.+)\.sql", file.name)
        if match is None:
            raise MigrationError(f"{file.name}: a migration is named <timestamp>_<sentence>.sql")
        version, name = match.groups()
        if version in applied_versions:
            continue
        apply(connection, file, role="migrator")
        record = "insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)"
        connection.execute(record, [version, name, [file.read_text()]])
        applied_versions.add(version)
        applied.append(file.name)
    return applied


def _check_applied(recorded: dict[str, str | None]) -> None:
    """Raises MigrationError if an applied migration is missing or has changed."""
    ours = {file.name.partition("_")[0]: file for file in migration_files()}
    for version, applied in sorted(recorded.items()):
        file = ours.get(version)
        if file is None or applied not in (None, file.read_text()):
            name = file.name if file else f"Migration {version}"
            raise MigrationError(f"{name} is not as this database was made: `make clean` throws its data away.")


def _explain(file: Path, text: str, error: psycopg.Error) -> str:
    diag = error.diag
    where = str(file.relative_to(REPOSITORY)) if file.is_relative_to(REPOSITORY) else str(file)
    if diag.statement_position:
        where += f":{text.count(chr(10), 0, int(diag.statement_position) - 1) + 1}"
    reasons = (diag.message_primary or str(error), diag.message_detail, diag.message_hint, diag.context)
    return f"{where}: " + "\n  ".join(reason for reason in reasons if reason)
