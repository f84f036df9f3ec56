"""The schema by topic: each object is defined once, and the migrations make the same of an empty database."""

import difflib
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from local import migrations, postgres
from local.data_folder import REPOSITORY
from local.postgres_binaries import binaries
from local.schema import BASELINE, SCHEMAS, baseline, schema_files
from tests.world import Database

NAME = r'(?:"[^"]+"|[\w.]+)'
DEFINITION = re.compile(
    rf"^create (?:unique )?(function|table|view|type|index|trigger|policy) ({NAME})(?:.*?\bon ({NAME}))?", re.MULTILINE
)


def test_the_baseline_equals_the_schemas() -> None:
    assert BASELINE.read_text() == baseline(), "`make schema` writes the baseline from supabase/schemas"


def test_schemas_are_applied_in_numeric_order() -> None:
    config = tomllib.loads((REPOSITORY / "supabase" / "config.toml").read_text())
    numbers = [
        re.fullmatch(r"(\d\d)_[a-z]+/(\d{3})_[a-z_]+\.sql", str(file.relative_to(SCHEMAS))) for file in schema_files()
    ]

    assert config["db"]["migrations"]["schema_paths"] == ["./schemas/*/*.sql"]
    assert all(numbers), schema_files()
    assert len({number.groups() for number in numbers if number}) == len(list(SCHEMAS.rglob("*.sql")))
    assert len({number[1] for number in numbers if number}) == len(list(SCHEMAS.iterdir()))


def test_each_object_is_defined_once_and_completely() -> None:
    texts = [re.sub(r"--[^\n]*", "", file.read_text()) for file in schema_files()]
    statements = "\n".join(re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL) for text in texts)
    # Policies and triggers have names of their own on each table.
    defined = Counter(
        (kind, name, table if kind in ("policy", "trigger") else "")
        for kind, name, table in DEFINITION.findall(statements)
    )

    assert {kind for kind, _, _ in defined} == {"function", "table", "view", "type", "index", "trigger", "policy"}
    assert [each for each, times in defined.items() if times > 1] == []
    assert re.findall(r"^(?:create or replace|drop|alter table .* column) .*", statements, re.MULTILINE) == []


def test_migrations_and_schemas_produce_the_same_database(
    database: Database, server: postgres.Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number, file in enumerate(schema_files()):
        (tmp_path / f"{number:04}_{file.name}").write_text(file.read_text())
    monkeypatch.setattr(migrations, "MIGRATIONS", tmp_path)
    try:
        postgres.migrate(server, "by_topic")
        found, wanted = dump(database), dump(Database(server, "by_topic"))
    finally:
        postgres.drop(server, "by_topic")

    assert "CREATE FUNCTION oneai.admit(" in wanted
    assert "INSERT INTO oneai.plan_quotas" in wanted
    assert found == wanted, "\n".join(difflib.unified_diff(found.splitlines(), wanted.splitlines(), lineterm="", n=1))


def dump(database: Database) -> str:
    """Schema and rows by pg_dump, without what only records how they came there."""
    program = str(binaries(copy_to=database.server.folder.parent) / "pg_dump")
    apart = [f"--exclude-table-data={schema}.*" for schema in ("local", "supabase_migrations")]
    command = [program, "--inserts", *apart, database.url("postgres")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", printed, flags=re.MULTILINE)  # a new key every time
