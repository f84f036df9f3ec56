"""Backups: what is restored is what was dumped, a damaged dump is refused, and a database in use is not changed."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local import postgres
from local.data_folder import data_folder
from ops import restore_drill
from ops.backups import dump, load
from ops.backups.dump import DamagedDump
from ops.backups.load import CannotRestore, NotTheSame
from ops.backups.programs import ProgramFailed
from tests import effort
from tests.canaries import CANARY
from tests.ops.operators import run
from tests.world import Database

pytestmark = [pytest.mark.timeout(900), pytest.mark.sampled(0.25)]


@pytest.fixture
def used(database: Database) -> Database:
    """A database of a service that has users, answers and payments."""
    database.connection.execute(restore_drill.SAMPLE.read_text().encode())
    return database


@pytest.fixture
def dumped(used: Database, tmp_path: Path) -> Path:
    """A dump of it."""
    file = tmp_path / "oneai.dump"
    dump.write(used.url("postgres"), file)
    return file


@pytest.fixture
def empty(server: postgres.Server) -> Iterator[Database]:
    """A database that has the migrations and no users."""
    postgres.clone(server, "restored")
    database = Database(server, "restored")
    yield database
    database.close()
    postgres.drop(server, "restored")


def test_restored_data_equals_the_dumped_data(dumped: Path, used: Database, empty: Database) -> None:
    manifest = load.restore(dumped, empty.url("postgres"))

    query = "select user_id, content, usage from oneai.chat_messages order by id"
    assert empty.rows(query) == used.rows(query)
    assert manifest.contents.sums["payments, smallest units"] == 20 * 79_900
    assert manifest.contents.sums["refunds, smallest units"] == 5 * 39_950
    assert manifest.contents.tables["auth.users"][0] == 20


@pytest.mark.exhaustive
def test_a_restored_database_continues_its_identities_and_triggers(
    dumped: Path, used: Database, empty: Database
) -> None:
    load.restore(dumped, empty.url("postgres"))

    last = used.one("select max(id) from oneai.usage_events")
    newcomer = empty.user("newcomer@example.com")
    empty.rows(
        "insert into oneai.usage_events (purpose, outcome, subscription_tier, model_asked, price_version) "
        "values ('answer', 'complete', 'free', 'm', 'v')"
    )

    # Identities go on, and triggers run again: the sign-up made a user.
    assert empty.one("select max(id) from oneai.usage_events") == last + 1
    assert empty.one("select count(*) from oneai.users where id = %s", newcomer) == 1


@pytest.mark.parametrize("kept", effort.drawn([0, 1, 5000, -1]))
def test_a_truncated_dump_is_refused_before_anything_is_changed(dumped: Path, empty: Database, kept: int) -> None:
    dumped.write_bytes(dumped.read_bytes()[:kept])

    with pytest.raises(DamagedDump, match="truncated"):
        load.restore(dumped, empty.url("postgres"))

    assert empty.one("select count(*) from oneai.users") == 0
    assert empty.one("select count(*) from oneai.plan_quotas") > 0


@pytest.mark.exhaustive
def test_a_dump_with_a_changed_byte_is_refused(dumped: Path, empty: Database) -> None:
    content = bytearray(dumped.read_bytes())
    content[len(content) // 2] ^= 1
    dumped.write_bytes(content)

    with pytest.raises(DamagedDump, match="checksum differs"):
        load.restore(dumped, empty.url("postgres"))


@pytest.mark.exhaustive
@pytest.mark.parametrize("content", effort.drawn(["", "{", "{}"]))
def test_a_dump_with_an_unreadable_manifest_is_refused(dumped: Path, empty: Database, content: str) -> None:
    dump.manifest_file(dumped).write_text(content)

    with pytest.raises(DamagedDump, match="cannot be read"):
        load.restore(dumped, empty.url("postgres"))


@pytest.mark.exhaustive
def test_a_dump_without_its_manifest_is_refused(dumped: Path, empty: Database) -> None:
    dump.manifest_file(dumped).unlink()

    with pytest.raises(DamagedDump, match="is missing"):
        load.restore(dumped, empty.url("postgres"))


@pytest.mark.exhaustive
def test_a_database_in_use_is_not_changed(dumped: Path, used: Database) -> None:
    before = used.rows("select workspace_id, quota_key, used from oneai.usage_quotas order by 1, 2")

    with pytest.raises(CannotRestore, match="in use: it has 20 users"):
        load.restore(dumped, used.url("postgres"))

    assert used.rows("select workspace_id, quota_key, used from oneai.usage_quotas order by 1, 2") == before


@pytest.mark.exhaustive
def test_a_database_of_other_migrations_is_not_changed(dumped: Path, empty: Database) -> None:
    empty.rows("insert into supabase_migrations.schema_migrations (version) values ('20990101000000')")

    with pytest.raises(CannotRestore, match="the database has 20990101000000"):
        load.restore(dumped, empty.url("postgres"))


@pytest.mark.exhaustive
def test_a_database_without_migrations_is_not_changed(dumped: Path, server: postgres.Server) -> None:
    with pytest.raises(CannotRestore, match="has no migrations"):
        load.restore(dumped, server.url("postgres", "postgres"))


@pytest.mark.exhaustive
def test_a_load_that_fails_halfway_leaves_nothing(dumped: Path, empty: Database) -> None:
    empty.rows("alter table oneai.payments add constraint no_sale check (amount < 1)")

    with pytest.raises(ProgramFailed, match="no_sale"):
        load.restore(dumped, empty.url("postgres"))

    assert empty.one("select count(*) from auth.users") == 0
    assert empty.one("select count(*) from oneai.plan_quotas") > 0


@pytest.mark.exhaustive
def test_a_restored_row_that_differs_is_reported(dumped: Path, empty: Database) -> None:
    empty.rows(
        "create function oneai.halve() returns trigger language plpgsql as "
        "$$ begin new.amount := new.amount / 2; return new; end $$"
    )
    empty.rows("create trigger halve before insert on oneai.payments for each row execute function oneai.halve()")
    empty.rows("alter table oneai.payments enable always trigger halve")

    with pytest.raises(NotTheSame, match="payments, smallest units: 1598000, then 799000"):
        load.restore(dumped, empty.url("postgres"))


@pytest.mark.exhaustive
def test_a_failing_dump_leaves_no_file(used: Database, tmp_path: Path) -> None:
    address = used.url("postgres").replace(used.name, "no_such_database")

    with pytest.raises(psycopg.OperationalError):
        dump.write(address, tmp_path / "oneai.dump")

    assert list(tmp_path.iterdir()) == []


def test_the_commands_dump_and_restore_a_database(used: Database, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "oneai.dump"

    wrote = run("backup", str(file), database=used)
    again = run("backup", str(file), database=used)
    restored = run("restore", str(file), database=empty)
    refused = run("restore", str(file), database=empty)

    codes = [each.returncode for each in (wrote, again, restored, refused)]
    assert codes == [0, 1, 0, 1], restored.stderr
    assert "rows of" in wrote.stdout
    assert "is there already" in again.stderr
    assert "the same as when it was dumped" in restored.stdout
    assert "Nothing was changed" in refused.stderr
    assert {each.stat().st_mode & 0o077 for each in tmp_path.iterdir()} == {0}


def test_a_password_is_never_printed(used: Database, tmp_path: Path) -> None:
    address = f"postgresql://postgres:{CANARY}@127.0.0.1:1/postgres"

    failed = run("restore", str(tmp_path / "none.dump"), DATABASE_URL=address)

    assert failed.returncode == 1
    assert "is missing" in failed.stderr
    assert CANARY not in failed.stdout + failed.stderr


def test_the_drill_dumps_restores_compares_and_truncates(used: Database, tmp_path: Path) -> None:
    drilled = run("restore_drill", database=used, ONEAI_DATA=str(tmp_path / "data"))

    assert drilled.returncode == 0, drilled.stderr
    steps = [line.strip().partition("  ")[0] for line in drilled.stdout.splitlines() if " s  " in line]
    assert steps == ["dump", "restore into an empty cluster", "restore again, over users", "restore a truncated dump"]
    assert "1,598,000       1,598,000" in drilled.stdout


@pytest.mark.exhaustive
def test_a_drill_of_a_broken_restore_fails(
    used: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", used.url("postgres"))
    monkeypatch.setenv("ONEAI_DATA", str(tmp_path / "data"))
    write = dump.write

    def write_truncated(address: str, file: Path) -> dump.Manifest:
        manifest = write(address, file)
        file.write_bytes(file.read_bytes()[:-1])
        return manifest

    monkeypatch.setattr(dump, "write", write_truncated)

    assert restore_drill.main([]) == 1
    assert "The drill failed. dump: " in capsys.readouterr().err
    assert not list(data_folder().glob("drill-*"))
