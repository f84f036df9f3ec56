"""Loads a dump into an unused database with all migrations, in one transaction."""

import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ops.backups import contents, dump, programs
from ops.backups.dump import Manifest


class CannotRestore(Exception):
    """The database cannot take this dump. Nothing was changed; the text states why, and what to do."""


class NotTheSame(Exception):
    """The restored database differs from the dump; one line per difference."""


def restore(file: Path, address: str) -> Manifest:
    """Loads the dump into the database at `address`, and compares the contents.

    Raises DamagedDump or CannotRestore before anything is changed, ProgramFailed when loading failed and was undone,
    NotTheSame when the restored data differs from the dump.
    """
    manifest = dump.verify(file)
    with psycopg.connect(address, autocommit=True) as connection:
        tables = _check(connection, manifest)
        with tempfile.TemporaryDirectory() as folder:
            # One file and one transaction, because a broken pipe would commit the first half.
            data = Path(folder) / "data.sql"
            programs.run("pg_restore", "--data-only", "--no-owner", "--file", data, file)
            programs.run(
                "psql",
                *("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"),
                # With this setting triggers do not run again, and the order of tables does not matter.
                *("--command", "set session_replication_role = replica"),
                *("--command", tables.as_string(connection)),
                *("--file", data),
                address=address,
            )
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            differences = manifest.contents.differences(contents.read(connection))
    if differences:
        raise NotTheSame("\n".join(differences))
    return manifest


def _check(connection: psycopg.Connection[Any], manifest: Manifest) -> sql.Composed:
    """The statement that empties our tables of the rows from migrations. Raises CannotRestore."""
    try:
        applied = contents.migrations(connection)
        (users,) = connection.execute("select count(*) from auth.users").fetchone() or (0,)
        rows = connection.execute("select tablename from pg_tables where schemaname = 'oneai' order by 1").fetchall()
    except psycopg.errors.UndefinedTable:
        raise CannotRestore("The database has no migrations: `supabase db push` first.") from None
    if users:
        raise CannotRestore(f"The database is in use: it has {users:,} users. Restore into a new project.")
    if applied != manifest.contents.migrations:
        raise CannotRestore(
            f"The dump is of migration {_last(manifest.contents.migrations)}, the database has {_last(applied)}: check "
            "out the commit of the dump, push its migrations, restore, then push the newer ones."
        )
    names = sql.SQL(", ").join(sql.Identifier("oneai", name) for (name,) in rows)
    return sql.SQL("truncate {}").format(names)


def _last(versions: list[str]) -> str:
    return versions[-1] if versions else "none"
