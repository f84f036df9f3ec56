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


def _rows(heading: str) -> list[list[str]]:
    """The cells of the table that begins with this cell."""
    lines = _DOCUMENT.read_text().partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _names(cell: str) -> set[str]:
    # What is in brackets is a column.
    return set(re.findall(r"`([a-z_]+)`", re.sub(r"\(.*?\)", "", cell)))


def test_every_table_is_of_one_kind_that_its_columns_and_indexes_allow(database: Database) -> None:
    kinds = [_names(tables) for _, tables, _ in _rows("kind | tables")]
    by_workspace, with_parent, by_user, copied, central = kinds
    columns, leading = {}, {}
    for table, names, first in database.rows(_INDEXES):
        columns[table], leading[table] = set(names), set(first)

    assert set().union(*kinds) == set(columns)
    assert sum(map(len, kinds)) == len(columns)
    assert {table for table in by_workspace if "workspace_id" not in columns[table]} == {"workspaces"}
    assert {table for table in by_user if "user_id" not in columns[table]} == {"users"}
    assert not any({"workspace_id", "user_id"} <= columns[table] for table in with_parent)
    without = {table for table in by_workspace if "workspace_id" not in leading[table]} - {"workspaces"}
    without |= {table for table in by_user if "user_id" not in leading[table]} - {"users"}
    print(sorted(without)); assert without | with_parent == set().union(*(_names(tables) for tables, _ in _rows("table | why")))
