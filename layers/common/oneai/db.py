"""The one door to Postgres: call an SQL function, read as a person, work as the service.

Each of them is one round trip that any pooler carries. Driver errors become ours here: the SQLSTATEs that our
SQL functions raise (`ON404`, `ON409`, …) carry the error's code as message and its extras as JSON detail.
"""

import json
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, LiteralString, Protocol
from uuid import UUID

from oneai.errors import BY_CODE, Busy, IdempotencyConflict, InternalError, OneAIError

if TYPE_CHECKING:
    from psycopg import Error


class Person(Protocol):
    """Who is asking: what the domains know of a signed-in person."""

    @property
    def user_id(self) -> UUID:
        """The person's id."""

    @property
    def claims(self) -> str:
        """Their access token's verified claims as JSON text, for Postgres's row-level security."""


async def call(query: LiteralString, params: Sequence[Any], *, idempotent: bool = False) -> Any:
    """Runs `select oneai.some_function(…)` as one autocommit statement; returns the first row, or None.

    `idempotent` statements are repeated once, whole, when the connection broke. Raises our errors, Busy when
    Postgres cannot be reached.
    """
    from oneai import pool

    for last in (not idempotent, True):
        try:
            async with pool.borrow() as connection:
                cursor = await connection.execute(query, params)
                return await cursor.fetchone()
        except pool.Error as error:
            if last or not isinstance(error, pool.OperationalError):
                raise _ours(error) from error
    return None


async def work(query: LiteralString, params: Sequence[Any], *, seconds: int) -> Any:
    """`call`, for a job's statement that stores a great deal and may take so many seconds; once, and never again."""
    from psycopg import AsyncClientCursor

    from oneai import pool

    patiently = "select set_config('statement_timeout', %s, true); " + query
    try:
        async with pool.borrow(seconds) as connection, AsyncClientCursor(connection) as cursor:
            await cursor.execute(patiently, [f"{seconds}s", *params])
            cursor.nextset()
            return await cursor.fetchone()
    except pool.Error as error:
        raise _ours(error) from error


async def read_as[T](person: Person, query: LiteralString, params: Sequence[Any], row: type[T]) -> list[T]:
    """The rows of one `select`, read as `person`: row-level security decides what there is."""
    return await _as_role("authenticated", person.claims, query, params, row)


async def as_service[T](
    query: LiteralString, params: Sequence[Any], row: type[T], *, seconds: int | None = None
) -> list[T]:
    """The rows of one statement that money or a job needs, run as `oneai_service`; `seconds` where it is a long one."""
    return await _as_role("oneai_service", "", query, params, row, seconds=seconds)


async def _as_role[T](
    role: LiteralString,
    claims: str,
    query: LiteralString,
    params: Sequence[Any],
    row: type[T],
    *,
    seconds: int | None = None,
) -> list[T]:
    """One simple-protocol message, which Postgres takes as one implicit transaction: the role and the claims end
    with it, and nothing leaks to whoever borrows the connection next."""
    from psycopg import AsyncClientCursor
    from psycopg.rows import class_row

    from oneai import pool

    settings = {"role": role, "request.jwt.claims": claims}
    if seconds is not None:
        settings["statement_timeout"] = f"{seconds}s"
    first: LiteralString = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    try:
        async with (
            pool.borrow(seconds or pool.SILENT_SECONDS) as connection,
            AsyncClientCursor(connection, row_factory=class_row(row)) as cursor,
        ):
            await cursor.execute(f"select {first}; {query}", [*chain(*settings.items()), *params])
            cursor.nextset()
            return await cursor.fetchall() if cursor.description else []
    except pool.Error as error:
        raise _ours(error) from error


async def ready() -> None:
    """Raises Busy unless Postgres answers."""
    await call("select 1", [], idempotent=True)


async def close() -> None:
    """Closes what this loop opened."""
    from oneai import pool

    await pool.close()


def _ours(error: "Error") -> OneAIError:
    """Our error for a driver's: known SQLSTATEs by their code, lost connections as Busy, the rest as internal."""
    from psycopg import OperationalError
    from psycopg.errors import UniqueViolation

    if (error.sqlstate or "").startswith("ON"):
        kind = BY_CODE.get(error.diag.message_primary or "", InternalError)
        detail = json.loads(error.diag.message_detail or "{}")
        return kind(retry_after=detail.pop("retry_after", None), **detail)
    if isinstance(error, UniqueViolation) and error.diag.constraint_name in ("chat_messages_pkey", "reservations_pkey"):
        return IdempotencyConflict()
    if isinstance(error, OperationalError):
        return Busy(retry_after=2)
    return InternalError()
