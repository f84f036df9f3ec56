"""docs/database.md describes the database as the migrations make it."""

import os

from local.database_document import FILE, render
from tests.world import Database


def test_the_document_describes_the_current_tables(database: Database) -> None:
    found = render(lambda query: database.rows(query.replace("%", "%%")))
    if os.environ.get("WRITE_DATABASE_DOCUMENT"):
        FILE.write_text(found)

    assert found == FILE.read_text()
    tables = database.rows("select tablename from pg_tables where schemaname = 'oneai'")
    assert [table for table in tables if f"\n### {table}\n" not in found] == []
