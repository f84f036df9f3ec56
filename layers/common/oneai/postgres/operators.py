"""SQL that operators run over their own connection, signed in as `postgres`; the functions use `db`.

Errors of the driver propagate unchanged.
"""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg.rows import class_row, scalar_row

type OperatorConnection = psycopg.Connection[Any]
type Params = Sequence[Any] | Mapping[str, Any]


def fetch_all[T](connection: OperatorConnection, query: LiteralString, params: Params, row: type[T]) -> list[T]:
    """The rows of a statement."""
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(query, params).fetchall()


def fetch_one[T](connection: OperatorConnection, query: LiteralString, params: Params, row: type[T]) -> T | None:
    """The first row of a statement, or None."""
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(query, params).fetchone()


def fetch_values(connection: OperatorConnection, query: LiteralString, params: Params) -> list[Any]:
    """The values of a statement's only column."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(query, params).fetchall()
