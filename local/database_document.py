"""Writes docs/database.md: the tables by topic, as the schema files make them, with relations, indexes and policies.

Postgres's catalogue says what a table is, so the document describes the migrated database. The comments in
supabase/schemas say what a topic and a table are for. A test compares the file with the database.
"""

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

from local.data_folder import REPOSITORY
from local.schema import schema_files

FILE = REPOSITORY / "docs" / "database.md"
"""The document."""

type Rows = Callable[[LiteralString], Sequence[Any]]

_WIDTH = 120
_TABLE = re.compile(r"((?:^--.*\n)*)^create (?:unlogged )?table oneai\.(\w+) ", re.MULTILINE)
_HEADING = """\
# The database

Generated from the schema: `make database-document` writes it. All tables are in schema `oneai`. A topic is a file of
`supabase/schemas/`, which has the functions beside its tables. Every table has row-level security. Only functions
reach a table without policies. [privileges.txt](../tests/database/privileges.txt) lists every right.
"""
_COLUMNS: LiteralString = """
    select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attgenerated <> '' or a.attidentity <> ''
    from pg_class as c join pg_attribute as a on a.attrelid = c.oid
    left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'oneai'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum
    """
_REFERENCES: LiteralString = """
    select c.relname::text, array(select attname::text from pg_attribute where attrelid = k.conrelid
        and attnum = any (k.conkey) order by array_position(k.conkey, attnum)),
      case when t.relnamespace = 'oneai'::regnamespace then t.relname::text else k.confrelid::regclass::text end,
      case k.confdeltype when 'c' then 'deleted with it' when 'n' then 'set null' else '' end
    from pg_constraint as k join pg_class as c on c.oid = k.conrelid join pg_class as t on t.oid = k.confrelid
    where k.contype = 'f' and c.relnamespace = 'oneai'::regnamespace and k.conparentid = 0 order by 1, 2
    """
_INDEXES: LiteralString = """
    select tablename::text, regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX (\\S+) ON (ONLY )?\\S+ USING ', '\\1\\2 ')
    from pg_indexes where schemaname = 'oneai' order by 1, 2
    """
_POLICIES: LiteralString = """
    select tablename::text, format('%s: %s to %s', policyname, lower(cmd), array_to_string(roles, ', '))
    from pg_policies where schemaname = 'oneai' order by 1, 2
    """


@dataclass(frozen=True)
class _Topic:
    """A schema file with tables: its name, what its first comment says, and its tables with the comments above them."""

    name: str
    about: str
    tables: dict[str, str]


def render(rows: Rows) -> str:
    """The document of the database that `rows` reads."""
    columns, references = _by_table(rows(_COLUMNS)), _by_table(rows(_REFERENCES))
    indexes, policies = _by_table(rows(_INDEXES)), _by_table(rows(_POLICIES))
    parts = [_HEADING]
    for topic in _topics(schema_files()):
        parts.append(f"## {topic.name}\n")
        if topic.about:
            parts.append(f"{topic.about}\n")
        parts.append(_picture(topic, references))
        for table, about in topic.tables.items():
            parts.append(_table(table, about, columns, references, indexes, policies))
    return "\n".join(parts)


def _topics(files: Sequence[Path]) -> Iterator[_Topic]:
    for file in files:
        text = file.read_text()
        tables = {name: _prose(comment) for comment, name in _TABLE.findall(text)}
        if tables:
            number_and_name = file.stem.replace("_", " ")
            first = re.match(r"((?:^--.*\n)+)\n", text, re.MULTILINE)
            yield _Topic(number_and_name.lstrip("0123456789 ").capitalize(), _prose(first[1]) if first else "", tables)


def _prose(comment: str) -> str:
    """The comment's paragraphs, wrapped."""
    text = "\n".join(line.removeprefix("--").strip() for line in comment.splitlines())
    return "\n\n".join(textwrap.fill(" ".join(each.split()), _WIDTH) for each in text.split("\n\n"))


def _by_table(found: Sequence[Any]) -> dict[str, list[tuple[Any, ...]]]:
    result: dict[str, list[tuple[Any, ...]]] = {}
    for table, *rest in found:
        result.setdefault(table, []).append(tuple(rest))
    return result


def _picture(topic: _Topic, references: dict[str, list[tuple[Any, ...]]]) -> str:
    """The relations of the topic's tables, as a Mermaid diagram."""
    lines = ["```mermaid", "erDiagram"]
    for table in topic.tables:
        lines.append(f"  {table}")
        for columns, target, _ in references.get(table, []):
            lines.append(f'  {target.replace(".", "_")} ||--o{{ {table} : "{", ".join(columns)}"')
    return "\n".join([*lines, "```", ""])


def _table(table: str, about: str, *catalogue: dict[str, list[tuple[Any, ...]]]) -> str:
    columns, references, indexes, policies = (each.get(table, []) for each in catalogue)
    lines = [f"### {table}", "", *([about, ""] if about else []), "| column | type | |", "|---|---|---|"]
    targets = {names[0]: (target, then) for names, target, then in references if len(names) == 1}
    for name, kind, required, default, is_made in columns:
        notes = [] if required else ["may be null"]
        if name in targets:
            notes.append(f"→ {targets[name][0]}" + (f", {targets[name][1]}" if targets[name][1] else ""))
        if is_made:
            notes.append("generated")
        elif default:
            notes.append(f"default `{default.replace('|', chr(92) + '|')}`")
        lines.append(f"| {name} | {kind} | {'; '.join(notes)} |")
    for names, target, then in references:
        if len(names) > 1:
            lines.append(f"\n({', '.join(names)}) → {target}" + (f", {then}" if then else ""))
    lines += ["", "Indexes:", "", "```text", *(text for (text,) in indexes), "```"] if indexes else []
    lines += ["", "Policies:", "", *(f"- {text}" for (text,) in policies)] if policies else ["", "No policies."]
    return "\n".join([*lines, ""])
