"""`python -m ops.restore_drill`, which is `make restore-drill`: shows that a backup can be restored, on this machine.

It dumps the database at DATABASE_URL, or else that of the local stack, or else a small one of its own. It restores the
dump into a temporary empty cluster of Postgres and compares every table and the sums. Then it truncates the dump and
expects the restore to refuse it. The dumped database is only read.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from local import dotenv, postgres
from local.data_folder import data_folder
from local.environment import DATABASE
from local.postgres_server import SUPERUSER, OccupiedError, running_url
from ops.backup import describe
from ops.backups import dump, load
from ops.backups.dump import DamagedDump, Manifest
from ops.backups.load import CannotRestore, NotTheSame
from ops.backups.programs import ProgramFailed

SAMPLE = Path(__file__).parent / "backups" / "sample.sql"


class DrillFailed(Exception):
    """A step failed; the text names it."""


def drill(address: str, folder: Path) -> Manifest:
    """Dumps the database at `address` and restores it elsewhere, with all files in `folder`. Raises DrillFailed."""
    file, truncated = folder / "drill.dump", folder / "truncated.dump"

    def write() -> str:
        dump.write(address, file)
        return describe(dump.verify(file))

    _step("dump", write)
    with _empty_cluster(folder) as target:

        def restore() -> str:
            load.restore(file, target)
            return "every table and the books are the same"

        _step("restore into an empty cluster", restore)
        _step("restore again, over users", lambda: _refused(CannotRestore, file, target))
        truncated.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
        dump.manifest_file(truncated).write_text(dump.manifest_file(file).read_text())
        _step("restore a truncated dump", lambda: _refused(DamagedDump, truncated, target))
    return dump.verify(file)


def _refused(refusal: type[Exception], file: Path, address: str) -> str:
    try:
        load.restore(file, address)
    except refusal:
        return "refused"
    raise DrillFailed("it was restored, and should have been refused")


def _step(name: str, work: Callable[[], str]) -> None:
    began = time.monotonic()
    try:
        outcome = work()
    except (DrillFailed, ProgramFailed, DamagedDump, CannotRestore, NotTheSame, psycopg.Error, OSError) as error:
        raise DrillFailed(f"{name}: {str(error).strip()}") from None
    print(f"  {name:32} {time.monotonic() - began:6.1f} s  {outcome}", flush=True)


@contextmanager
def _empty_cluster(folder: Path) -> Iterator[str]:
    """A new cluster with a database that has the migrations and no users; its address."""
    server = postgres.start(folder / "restored", durable=False)
    try:
        postgres.migrate(server, DATABASE)
        yield server.url(DATABASE, SUPERUSER)
    finally:
        postgres.stop(server)


@contextmanager
def _source(folder: Path) -> Iterator[tuple[str, str]]:
    """The database to dump, and its description."""
    if os.environ.get("DATABASE_URL"):
        yield os.environ["DATABASE_URL"], "the database at DATABASE_URL"
        return
    stack = data_folder() / "postgres"
    address = running_url(stack, DATABASE, SUPERUSER)
    try:
        psycopg.connect(address).close()
    except psycopg.OperationalError:
        with _own_server(stack, folder) as own:
            yield own
    else:
        yield address, "the database of the stack that runs here"


@contextmanager
def _own_server(stack: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """The stack's database if its Postgres is stopped, else a new one with sample data."""
    kept = (stack / "cluster").exists()
    server = postgres.start(stack if kept else folder / "sample", durable=kept)
    try:
        if not kept:
            postgres.migrate(server, DATABASE)
            with psycopg.connect(server.url(DATABASE, SUPERUSER)) as connection:
                connection.execute(SAMPLE.read_text().encode())
        yield server.url(DATABASE, SUPERUSER), f"the database in {stack}" if kept else "a small service made for this"
    finally:
        postgres.stop(server)


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the restored database is the same, and a truncated dump is refused."""
    parser = argparse.ArgumentParser(prog="make restore-drill", description="Tests that a backup can be restored.")
    parser.parse_args(arguments)
    dotenv.load()
    # Postgres's own user has to reach the clusters.
    with tempfile.TemporaryDirectory(prefix="drill-", dir=data_folder()) as name:
        folder = Path(name)
        folder.chmod(0o711)
        try:
            with _source(folder) as (address, which):
                print(f"Restore drill of {which}")
                manifest = drill(address, folder)
        except (DrillFailed, OccupiedError, postgres.MigrationError) as error:
            print(f"The drill failed. {error}", file=sys.stderr)
            return 1
    print()
    for title, value in manifest.contents.sums.items():
        print(f"  {title:34} {value:>14,}  {value:>14,}")
    print("The backup can be restored: what was dumped (left) is what was restored (right).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
