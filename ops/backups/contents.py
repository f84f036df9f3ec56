"""The contents of a database: the rows and a digest of every table, and sums that an operator can compare."""

from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

SCHEMAS = ("oneai", "auth")
# Supabase's own record of its migrations of `auth`, which differ from one project to the next.
LEFT_OUT = frozenset({"auth.schema_migrations"})

# Unlogged tables are empty after a crash of the server.
_TABLES = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname = any(%s) order by 1, 2
"""
_ROWS = "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text from only {} as t"
# The text of a row is the same in every session that has these.
_SESSION: tuple[LiteralString, ...] = (
    "set local row_security = off",
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO, YMD'",
    "set local intervalstyle = 'postgres'",
    "set local extra_float_digits = 3",
    "set local statement_timeout = 0",
)
_SUMS: dict[str, LiteralString] = {
    "users": "select count(*) from oneai.users",
    "messages": "select count(*) from oneai.chat_messages",
    "usage events": "select count(*) from oneai.usage_events",
    "cost of answers, micro-dollars": "select coalesce(sum(cost_micro_usd), 0) from oneai.usage_events",
    "units used of quotas": "select coalesce(sum(used), 0) from oneai.usage_quotas",
    "units reserved of quotas": "select coalesce(sum(reserved), 0) from oneai.usage_quotas",
    "reservations that are open": "select count(*) from oneai.reservations where settled_at is null",
    "payments, smallest units": "select coalesce(sum(amount), 0) from oneai.payments",
    "refunds, smallest units": "select coalesce(sum(amount), 0) from oneai.refunds",
    "invoices and credit notes": "select count(*) from oneai.invoices",
    "last numbers of invoices": "select coalesce(sum(last_number), 0) from oneai.invoice_series",
    "entries of the audit log": "select count(*) from oneai.audit_log",
}


@dataclass(frozen=True)
class Contents:
    """A database at one snapshot."""

    migrations: list[str]
    """The versions that are applied, in their order."""
    tables: dict[str, list[Any]]
    """By `schema.table`: how many rows, and a digest of them that does not depend on their order."""
    sums: dict[str, int]
    """The books: counts, and sums of money and units."""

    def differences(self, other: "Contents") -> list[str]:
        """One line for each difference from `other`."""
        names = sorted(self.tables.keys() | other.tables.keys())
        unlike = [name for name in names if self.tables.get(name) != other.tables.get(name)]
        lines = [f"{name}: {_rows(self, name)}, then {_rows(other, name)}" for name in unlike]
        sums = [name for name in self.sums if self.sums[name] != other.sums[name]]
        return lines + [f"{name}: {self.sums[name]}, then {other.sums[name]}" for name in sums]


def read(connection: psycopg.Connection[Any]) -> Contents:
    """Reads the contents in the snapshot of the connection's transaction."""
    for statement in _SESSION:
        connection.execute(statement)
    tables: dict[str, list[Any]] = {}
    for schema, table in connection.execute(_TABLES, [list(SCHEMAS)]).fetchall():
        if f"{schema}.{table}" not in LEFT_OUT:
            row = connection.execute(sql.SQL(_ROWS).format(sql.Identifier(schema, table))).fetchone()
            tables[f"{schema}.{table}"] = list(row or ())
    sums = {name: int((connection.execute(query).fetchone() or (0,))[0]) for name, query in _SUMS.items()}
    return Contents(migrations(connection), tables, sums)


def migrations(connection: psycopg.Connection[Any]) -> list[str]:
    """The versions of the migrations that are applied."""
    rows = connection.execute("select version from supabase_migrations.schema_migrations order by 1").fetchall()
    return [version for (version,) in rows]


def _rows(contents: Contents, name: str) -> str:
    if name not in contents.tables:
        return "no table"
    count, digest = contents.tables[name]
    return f"{count} rows ({digest[-6:]})"
