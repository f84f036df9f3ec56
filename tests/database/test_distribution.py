"""Which tables could be spread over several nodes by the workspace, as docs/operations/scaling.md lists them."""

import re
from pathlib import Path

from tests.world import Database

_DOCUMENT = Path(__file__).parents[2] / "docs" / "operations" / "scaling.md"
_INDEXES = """
    select c.relname,
        array(select a.attname::text from pg_attribute as a where a.attrelid = c.oid and not a.attisdropped),
        array(
            select distinct a.attname::text
            from pg_index as i
            join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
            where i.indrelid = c.oid)
    from pg_class as c
    where c.relnamespace = 'oneai'::regnamespace and c.relkind in ('r', 'p')
"""


_KINDS = (
    "Spread by `workspace_id`",
    "Spread with the row that they belong to",
    "Spread by `user_id`",
    "Copied to each node",
    "On the first node",
)


def _names(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", text))


def _section(heading: str) -> str:
    """The text below a heading."""
    return _DOCUMENT.read_text().partition(f"### {heading}\n")[2].partition("\n#")[0]


def test_every_table_is_of_one_kind_that_its_columns_and_indexes_allow(database: Database) -> None:
    kinds = [_names(_section(heading).partition("Tables:")[2]) for heading in _KINDS]
    by_workspace, with_parent, by_user, *_ = kinds
    columns: dict[str, set[str]] = {}
    leading: dict[str, set[str]] = {}
    for table, names, first in database.rows(_INDEXES):
        columns[table], leading[table] = set(names), set(first)

    assert set().union(*kinds) == set(columns)
    assert sum(map(len, kinds)) == len(columns)
    assert {table for table in by_workspace if "workspace_id" not in columns[table]} == {"workspaces"}
    assert {table for table in by_user if "user_id" not in columns[table]} == {"users"}
    assert not any({"workspace_id", "user_id"} <= columns[table] for table in with_parent)
    without = {table for table in by_workspace if "workspace_id" not in leading[table]} - {"workspaces"}
    without |= {table for table in by_user if "user_id" not in leading[table]} - {"users"}
    assert without | with_parent == _names(_section("No index begins with the column"))
