"""A tool and its own stack use the same data folder, in any parent folder."""

import os
import shutil
import tempfile

import psycopg
import pytest

from bench import tool

pytestmark = pytest.mark.exhaustive


@pytest.mark.skipif(os.geteuid() != 0, reason="Any other user runs Postgres as themselves, in any folder of theirs.")
def test_a_tool_reaches_its_stack_below_a_closed_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    # A folder of mode 0700 in one that all may enter. Pytest's own folder is closed as a whole, which is another case.
    closed = tempfile.mkdtemp()
    monkeypatch.setenv("ONEAI_DATA", closed)

    with tool.own_stack("chaos") as stack, psycopg.connect(stack.database) as connection:
        row = connection.execute("select count(*) from oneai.users").fetchone()
        data = stack.data
        assert data.exists()

    assert row is not None
    assert not data.exists()
    shutil.rmtree(closed)
