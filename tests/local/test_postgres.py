"""The stack's own Postgres, and how it gets its schema."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local import migrations, postgres
from local.data_folder import reachable
from local.migrations import apply, migration_files
from tests.patience import PATIENCE
from tests.world import Database

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that Postgres's user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="oneai-test-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_migrations_are_applied_once_and_recorded_as_the_supabase_cli_does(server: postgres.Server) -> None:
    try:
        first = postgres.migrate(server, "migrated")
        again = postgres.migrate(server, "migrated")
        with server.connect("migrated") as connection:
            recorded = connection.execute(
                "select version || '_' || name || '.sql' from supabase_migrations.schema_migrations order by version"
            ).fetchall()
    finally:
        postgres.drop(server, "migrated")

    names = [file.name for file in migration_files()]
    assert first[-len(names) :] == names
    assert again == []
    assert [name for (name,) in recorded] == names


@pytest.mark.parametrize("name", ["20300101000000_first.sql", "20300101000001_second.sql"])
def test_a_database_made_by_other_migrations_is_refused(
    server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(migrations, "MIGRATIONS", tmp_path)
    monkeypatch.setattr(migrations, "CLOCK", ())
    first = tmp_path / "20300101000000_first.sql"
    first.write_text("create schema oneai;")
    try:
        postgres.migrate(server, "made_before")
        first.unlink()
        (tmp_path / name).write_text("create schema oneai_two;")
        with pytest.raises(postgres.MigrationError, match=r"20300101000000.* `make clean` throws its data away"):
            postgres.migrate(server, "made_before")
    finally:
        postgres.drop(server, "made_before")


def test_a_broken_file_is_named_with_its_line_and_changes_nothing(database: Database, tmp_path: Path) -> None:
    broken = tmp_path / "20300101000000_break_something.sql"
    broken.write_text("create table made (id int);\n\nselect\n  nonsense;\n")

    with (
        database.server.connect(database.name) as connection,
        pytest.raises(postgres.MigrationError, match=r'break_something\.sql:4: column "nonsense" does not exist'),
    ):
        apply(connection, broken)

    assert database.one("select to_regclass('made')") is None


def test_the_template_accepts_no_connections(server: postgres.Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        server.connect(postgres.TEMPLATE)


def test_a_leftover_server_is_stopped_and_its_data_is_kept(folder: Path) -> None:
    left = postgres.start(folder / "postgres", durable=True)
    with left.connect("postgres") as connection:
        connection.execute("create table kept as select 42 as answer")
    with pytest.raises(postgres.OccupiedError):
        postgres.start(folder / "postgres", durable=True)
    left.lock.close()  # as if its parent were gone

    server = postgres.start(folder / "postgres", durable=True)
    try:
        left.process.wait(PATIENCE)
        with server.connect("postgres") as connection:
            assert connection.execute("select answer from kept").fetchone() == (42,)
    finally:
        postgres.stop(server)


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    server = postgres.start(folder / ("deep" * 30), durable=False)
    try:
        server.connect("postgres").close()
    finally:
        postgres.stop(server)
        server.socket_folder.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has homes that are closed to Postgres")
def test_data_in_a_closed_home_is_stored_where_postgres_can_reach_it(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)

    assert reachable(closed / "data").parent == Path("/var/tmp")  # noqa: S108
    assert reachable(closed / "data") == reachable(closed / "data") != reachable(closed / "other")
