"""Databases for one test after another: emptied if that restores the template, else copied again.

A copy of the template costs several times what emptying it does: 900 files, and a checkpoint to make and to drop them.
A test never sees which of the two it got.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from local import postgres
from tests import kept_connections
from tests.kept_connections import KeptConnections
from tests.world import Database

# Each change of the schema by a test changes one of these catalogues; `analyze` changes the last.
_CATALOGUES = (
    *("pg_class", "pg_proc", "pg_constraint", "pg_trigger", "pg_policy", "pg_namespace", "pg_default_acl"),
    "pg_statistic",
)
_TABLES = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
"""
_SEQUENCES = "select schemaname, sequencename from pg_sequences"
# Dead rows stay until a vacuum, which also changes planner statistics.
_USES = 100
_LARGE_BYTES = 1 << 20


@dataclass(frozen=True)
class _State:
    """The fingerprint that shows whether a copy equals the template."""

    rows: tuple[Any, ...]
    """For each table whether it has rows; where the template fills it, their number and the transactions that wrote
    them."""
    sequences: tuple[Any, ...]
    catalogues: tuple[Any, ...]
    others: int
    """Connections beside those that a copy may have."""
    large: bool
    """Whether a table has grown beyond what is worth emptying."""


class _Copy:
    """A copy of the template, and what it held when it was new. Raises psycopg.Error when its server went away."""

    def __init__(self, server: postgres.Server) -> None:
        self.database = Database(server, f"test_{uuid4().hex[:12]}")
        self.uses = 0
        postgres.clone(server, self.database.name)
        # Triggers stay silent on this one. To set that for a transaction alone would plan the question again each time.
        self._connection = server.connect(self.database.name)
        self._connection.execute("set session_replication_role = replica")
        self._of_tests = self.database.connection
        self._place = kept_connections.place_of(self.database.url("oneai_app"))
        self._kept = kept_connections.BY_PLACE[self._place] = KeptConnections()
        self._tables = [sql.Identifier(*name) for name in self._connection.execute(_TABLES)]
        self._sequences = [sql.Identifier(*name) for name in self._connection.execute(_SEQUENCES)]
        self._filled = [(table, rows) for table in self._tables if (rows := self._copy_of(table))]
        self._question = self._ask()
        self._new = self._state()

    def empty(self) -> bool:
        """Makes it like the template again; False when that needs another copy."""
        if self._of_tests.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            return False
        for leftover in kept_connections.LEFTOVERS:
            self._of_tests.execute(leftover)
        state = self._state()
        if state.others:
            self._connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                "where datname = current_database() and pid <> all(%s)",
                [self._pids()],
            )
            state = self._state()
        if state.others or state.large or state.catalogues != self._new.catalogues:
            return False
        changed = [
            table for table, now, new in zip(self._tables, state.rows, self._new.rows, strict=True) if now != new
        ]
        refilled = [(table, rows) for table, rows in self._filled if table in changed]
        with self._connection.transaction():
            for table in changed:
                self._connection.execute(sql.SQL("delete from {}").format(table))
            for table, rows in refilled:
                self._fill(table, rows)
            if state.sequences != self._new.sequences:
                for sequence, (value, called) in zip(self._sequences, self._new.sequences, strict=True):
                    self._connection.execute("select setval(%s, %s, %s)", (_name(sequence), value, called))
        if refilled:  # by another transaction than before
            self._new = replace(self._new, rows=self._state().rows)
        return True

    def close(self) -> None:
        """Closes its connections."""
        del kept_connections.BY_PLACE[self._place]
        self._kept.close()
        self._connection.close()
        self.database.close()

    def _ask(self) -> sql.Composed:
        filled = [table for table, _ in self._filled]
        # A later transaction has a larger id, so that each change of a row raises the sum.
        written = sql.SQL("(select (count(*), sum(xmin::text::bigint))::text from {})")
        exists = sql.SQL("(select true from {} limit 1)::text")
        rows = [(written if table in filled else exists).format(table) for table in self._tables]
        return sql.SQL(
            "select array[{}], jsonb_build_array({}), array[{}], "
            "(select count(*) from pg_stat_activity "
            " where datname = current_database() and pid <> all(%s) "
            " and backend_type = 'client backend'), "
            "greatest({}) > {}"
        ).format(
            sql.SQL(", ").join(rows),
            sql.SQL(", ").join(
                [
                    sql.SQL("(select jsonb_build_array(last_value, is_called) from {})").format(each)
                    for each in self._sequences
                ]
            ),
            sql.SQL(", ").join([written.format(sql.Identifier(each)) for each in _CATALOGUES]),
            sql.SQL(", ").join(
                [sql.SQL("pg_relation_size({}::regclass)").format(_name(each)) for each in self._tables]
            ),
            _LARGE_BYTES,
        )

    def _state(self) -> _State:
        row = self._connection.execute(self._question, [self._pids()], prepare=True).fetchone()
        assert row is not None
        rows, sequences, catalogues, others, large = row
        return _State(tuple(rows), tuple(sequences), tuple(catalogues), others, large)

    def _pids(self) -> list[int]:
        """The connections that a copy may have: its own, that of its tests, and those that the service left."""
        return [self._connection.info.backend_pid, self._of_tests.info.backend_pid, *self._kept.pids()]

    def _copy_of(self, table: sql.Identifier) -> bytes:
        with self._connection.cursor() as cursor, cursor.copy(sql.SQL("copy {} to stdout").format(table)) as out:
            return b"".join(bytes(block) for block in out)

    def _fill(self, table: sql.Identifier, rows: bytes) -> None:
        with self._connection.cursor() as cursor, cursor.copy(sql.SQL("copy {} from stdin").format(table)) as into:
            into.write(rows)


def _name(table: sql.Identifier) -> str:
    return table.as_string(None)


class Databases:
    """The copies of one worker."""

    def __init__(self, server: postgres.Server) -> None:
        self._server = server
        self._free: list[_Copy] = []

    @contextmanager
    def borrow(self) -> Iterator[Database]:
        """A database that equals the template, for as long as the `with` lasts."""
        copy = self._free.pop() if self._free else _Copy(self._server)
        try:
            yield copy.database
        finally:
            self._take_back(copy)

    def close(self) -> None:
        """Drops the copies."""
        while self._free:
            self._drop(self._free.pop())

    def _take_back(self, copy: _Copy) -> None:
        copy.uses += 1
        try:
            like_new = copy.uses < _USES and copy.empty()
        except psycopg.Error:
            like_new = False
        if like_new:
            self._free.append(copy)
        else:
            self._drop(copy)

    def _drop(self, copy: _Copy) -> None:
        copy.close()
        postgres.drop(self._server, copy.database.name)
