"""The client for Postgres: calls SQL functions, reads as a user, writes as the service.

Each call is one round trip that any pooler supports; logic between statements needs a `transaction`. Driver errors are
translated here: the SQLSTATEs that our SQL functions raise (`ON404`, `ON409`, …) have the error's code as message and
its extras as JSON detail.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, LiteralString, Protocol
from uuid import UUID

from oneai import (
    billing_errors,  # noqa: F401  Postgres raises them by their codes
    chatbot_errors,  # noqa: F401  Postgres raises them by their codes
    log,
    provider_key_errors,  # noqa: F401  Postgres raises them by their codes
    request_context,
    workspace_errors,  # noqa: F401  Postgres raises them by their codes
)
from oneai.errors import BY_CODE, Busy, IdempotencyConflict, InternalError, InvalidRequest, OneAIError
from oneai.postgres import request_check, request_origin
from oneai.postgres.refusal_sentences import with_sentences
from oneai.postgres.request_check import ApiKeyCheck, Check

if TYPE_CHECKING:
    from psycopg import AsyncClientCursor, Error
    from psycopg.rows import AsyncRowFactory


class Principal(Protocol):
    """The user who makes a request, signed in or with an API key, as the domains see them."""

    @property
    def user_id(self) -> UUID:
        """The user's id. For an API key it is only usable as a statement's parameter before the first statement."""

    @property
    def workspace_id(self) -> UUID:
        """The id of the workspace that pays for the request and whose data it reads, usable as `user_id` is."""

    @property
    def claims(self) -> str:
        """The user's verified claims as JSON text, for Postgres's row-level security."""


@dataclass(frozen=True, slots=True)
class Query[T]:
    """A `select`, its parameters, and the type of its rows."""

    text: LiteralString
    params: Sequence[Any]
    row: type[T]


class StatementTimeout(Busy):
    """Postgres cancelled a statement at its timeout; a retry may take as long."""


async def call(query: LiteralString, params: Sequence[Any], *, idempotent: bool = False) -> Any:
    """Runs `select oneai.some_function(…)` as one autocommit statement; returns the first row, or None.

    `idempotent` statements are retried once after a broken connection. Raises our errors, and Busy if Postgres is
    unreachable.
    """
    from psycopg import AsyncClientCursor

    from oneai.postgres import pool

    check = request_check.take()
    for last in (not idempotent, True):
        try:
            async with pool.borrow() as connection:
                if check is None and request_check.workspace_setting() is None and not _context_settings():
                    return await (await connection.execute(query, params)).fetchone()
                cursor = AsyncClientCursor(connection)
                await _execute(cursor, query, params, check=check)
                return await cursor.fetchone()
        except pool.Error as error:
            if last or not isinstance(error, pool.OperationalError):
                raise _to_error(error) from error
    return None


async def call_long(query: LiteralString, params: Sequence[Any], *, seconds: int) -> Any:
    """`call` with a statement timeout of `seconds`, for jobs' large writes; never retried."""
    from psycopg import AsyncClientCursor

    from oneai.postgres import pool

    patiently = "select set_config('statement_timeout', %s, true); " + query
    check = request_check.take()
    try:
        async with pool.borrow(seconds) as connection, AsyncClientCursor(connection) as cursor:
            await _execute(cursor, patiently, [f"{seconds}s", *params], check=check, skip=1)
            return await cursor.fetchone()
    except pool.Error as error:
        raise _to_error(error) from error


async def read_as[T](
    principal: Principal, query: LiteralString, params: Sequence[Any], row: type[T], *, seconds: float | None = None
) -> list[T]:
    """Returns the rows of one `select`, read as `principal` under row-level security.

    Raises StatementTimeout if it takes longer than `seconds`.
    """
    return await _as_role("authenticated", principal.claims, query, params, row, seconds=seconds)


async def read_all_as(principal: Principal, *queries: Query[Any]) -> list[list[Any]]:
    """Returns the rows of each of several `select`s, read as `principal` in one round trip."""
    return await _all_as_role("authenticated", principal.claims, queries)


async def read_all_as_service(*queries: Query[Any]) -> list[list[Any]]:
    """Returns the rows of each of several `select`s, read as `oneai_service` in one round trip."""
    return await _all_as_role("oneai_service", "", queries)


async def _all_as_role(role: LiteralString, claims: str, queries: Sequence[Query[Any]]) -> list[list[Any]]:
    from psycopg import AsyncClientCursor
    from psycopg.rows import class_row

    from oneai.postgres import pool

    check = request_check.take()
    settings = {"role": role}
    if not isinstance(check, ApiKeyCheck):  # which sets them itself
        settings["request.jwt.claims"] = claims
    first: LiteralString = "select " + ", ".join(["set_config(%s, %s, true)"] * len(settings))
    text: LiteralString = "; ".join([first, *(query.text for query in queries)])
    params = [*chain(*settings.items()), *chain.from_iterable(query.params for query in queries)]
    try:
        async with pool.borrow() as connection, AsyncClientCursor(connection) as cursor:
            await _execute(cursor, text, params, check=check)
            results = []
            for query in queries:
                cursor.row_factory = class_row(query.row)
                cursor.nextset()
                results.append(await _rows(cursor, query.row))
            return results
    except pool.Error as error:
        raise _to_error(error) from error


async def as_service[T](
    query: LiteralString, params: Sequence[Any], row: type[T], *, seconds: float | None = None
) -> list[T]:
    """Returns the rows of one statement run as `oneai_service`; `seconds` raises its timeout."""
    return await _as_role("oneai_service", "", query, params, row, seconds=seconds)


async def as_admin[T](
    query: LiteralString, params: Sequence[Any], row: type[T], *, seconds: float | None = None
) -> list[T]:
    """Returns the rows of one statement run as `oneai_admin`, for a request of an admin or of support."""
    return await _as_role("oneai_admin", "", query, params, row, seconds=seconds)


async def _as_role[T](
    role: LiteralString,
    claims: str,
    query: LiteralString,
    params: Sequence[Any],
    row: type[T],
    *,
    seconds: float | None = None,
) -> list[T]:
    """Sends one simple-protocol message, which Postgres runs as one implicit transaction: the role and the claims end
    with it, and nothing leaks to the connection's next user."""
    from psycopg import AsyncClientCursor
    from psycopg.rows import class_row

    from oneai.postgres import pool

    check = request_check.take()
    settings = {"role": role}
    if not isinstance(check, ApiKeyCheck):  # which sets them itself
        settings["request.jwt.claims"] = claims
    if seconds is not None:
        settings["statement_timeout"] = f"{round(seconds * 1000)}ms"
    first: LiteralString = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    try:
        async with (
            pool.borrow(None if seconds is None else max(seconds, pool.SILENCE_SECONDS)) as connection,
            AsyncClientCursor(connection, row_factory=class_row(row)) as cursor,
        ):
            await _execute(
                cursor, f"select {first}; {query}", [*chain(*settings.items()), *params], check=check, skip=1
            )
            return await _rows(cursor, row)
    except pool.Error as error:
        raise _to_error(error) from error


async def _execute(
    cursor: "AsyncClientCursor[Any]",
    query: LiteralString,
    params: Sequence[Any],
    *,
    check: Check | None,
    skip: int = 0,
) -> None:
    """Sends the statements in one message, after those of `check` and the settings of the request, and moves to the
    result after the first `skip` of them."""
    context, workspace = _context_settings(), request_check.workspace_setting()
    if context or workspace:
        columns: list[LiteralString] = ["set_config(%s, %s, true)"] * len(context)
        values = [*chain(*context.items())]
        if workspace is not None:
            columns, values = [workspace.expression, *columns], [*workspace.params, *values]
        query, params, skip = f"select {', '.join(columns)}; {query}", [*values, *params], skip + 1
    resolves = workspace and workspace.resolves
    if check is not None:
        checking, arguments = check.statements()
        query, params = checking + query, [*arguments, *params]
    try:
        with request_check.sending(check or resolves):
            await cursor.execute(query, params)
    except Exception:
        # If the check refused, its own transaction is still open.
        if check is not None and not cursor.connection.broken:
            await cursor.connection.rollback()
        raise
    if check is not None:
        _read_answer(cursor, check)
    if resolves is not None and cursor.pgresult is not None:
        resolves.workspace_id = UUID((cursor.pgresult.get_value(0, 0) or b"").decode())
    for _ in range(skip):
        cursor.nextset()


def _context_settings() -> dict[str, str]:
    """Settings of Postgres that go with each message of the request, for the message's transaction: the origin of a
    change, and the request's id, which names its statements in `pg_stat_activity` and the server's log.

    They use `set_config`, although `set local` is cheaper, because pg_stat_statements would store the values.
    """
    settings = {}
    if (origin := request_origin.current()) is not None:
        settings[request_origin.SETTING] = origin
    if (request_id := request_context.request_id()) is not None:
        settings["application_name"] = f"oneai {request_id}"
    return settings


def _read_answer(cursor: "AsyncClientCursor[Any]", check: Check) -> None:
    """Reads the results of the check's statements, and moves to the result after them."""
    for n in range(check.results):
        if (result := cursor.pgresult) is not None:
            check.read(n, [result.get_value(0, column) for column in range(result.nfields)] if result.ntuples else [])
        cursor.nextset()


async def _rows[T](cursor: "AsyncClientCursor[T]", row: type[T]) -> list[T]:
    """The statement's rows. A row that does not match its model is a defect. It is logged by field names and not by
    values, which pydantic would quote in a traceback."""
    try:
        return await cursor.fetchall() if cursor.description else []
    except ValueError as error:
        if not hasattr(error, "errors"):
            raise
        wrong = [f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in error.errors(include_input=False)]
        log.error("a row does not fit its model", model=row.__qualname__, wrong=wrong)
        raise InternalError from None


class Transaction:
    """An atomic series of statements, one message each: the first begins the transaction, `finish` may end it."""

    def __init__(self, cursor: "AsyncClientCursor[Any]") -> None:
        self._cursor = cursor
        self._state: Literal["new", "open", "over"] = "new"

    async def call(self, query: LiteralString, params: Sequence[Any]) -> Any:
        """The first row of a statement, or None."""
        await self._execute(query, params)
        return await self._cursor.fetchone() if self._cursor.description else None

    async def all[T](self, query: LiteralString, params: Sequence[Any], row: type[T]) -> list[T]:
        """The rows of a statement."""
        from psycopg.rows import class_row

        await self._execute(query, params, class_row(row))
        return await _rows(self._cursor, row)

    async def finish(self, query: LiteralString, params: Sequence[Any]) -> Any:
        """`call` for the last statement: commits in the same message."""
        await self._execute(query, params, commit=True)
        row = await self._cursor.fetchone() if self._cursor.description else None
        self._state = "over"
        return row

    async def commit(self) -> None:
        """Commits; `transaction` does so at its end."""
        if self._state == "open":
            await self._cursor.execute("commit")
        self._state = "over"

    async def _execute(
        self,
        query: LiteralString,
        params: Sequence[Any],
        row: "AsyncRowFactory[Any] | None" = None,
        *,
        commit: bool = False,
    ) -> None:
        """Sends `begin` with the first statement, because an idle open transaction would hold locks."""
        from psycopg.rows import tuple_row

        first, self._state = self._state == "new", "open"
        self._cursor.row_factory = row or tuple_row
        parts: list[LiteralString] = [*(["begin"] if first else []), query, *(["commit"] if commit else [])]
        check = request_check.take() if first else None
        await _execute(self._cursor, "; ".join(parts), params, check=check, skip=int(first))


@asynccontextmanager
async def transaction() -> AsyncIterator[Transaction]:
    """A transaction on one connection, at most ten seconds, as `oneai_app`; commits at its end, rolls back on an error.

    Raises our errors, and Busy if Postgres is unreachable, does not respond, or aborted it to resolve a deadlock.
    """
    from psycopg import AsyncClientCursor

    from oneai.postgres import pool

    try:
        async with pool.borrow() as connection, AsyncClientCursor(connection) as cursor:
            began = Transaction(cursor)
            try:
                yield began
                await began.commit()
            except BaseException:
                if not connection.broken:
                    await connection.rollback()
                raise
    except pool.Error as error:
        raise _to_error(error) from error


async def check_request(check: Check | None) -> None:
    """Sends the check of a request separately if no statement has carried it. Raises its refusal."""
    if check is not None and not check.sent:
        request_check.begin(check)
        await call("select 1", [])


async def ready() -> None:
    """Raises Busy unless Postgres responds."""
    await call("select 1", [], idempotent=True)


async def close() -> None:
    """Closes the pool of this event loop."""
    from oneai.postgres import pool

    await pool.close()


def _to_error(error: "Error") -> OneAIError:
    """Our error for a driver's: known SQLSTATEs by their code, texts that Postgres cannot store as InvalidRequest, lost
    connections as Busy, the rest as internal."""
    from psycopg import DataError, OperationalError
    from psycopg.errors import CharacterNotInRepertoire, QueryCanceled, UniqueViolation, UntranslatableCharacter

    _redact(error)
    # U+0000 in a parameter, which psycopg refuses itself, or in JSON.
    if isinstance(error, CharacterNotInRepertoire | UntranslatableCharacter) or (
        isinstance(error, DataError) and error.sqlstate is None
    ):
        return InvalidRequest("A text has a character that cannot be stored.")
    if (error.sqlstate or "").startswith("ON"):
        kind = BY_CODE.get(error.diag.message_primary or "", InternalError)
        detail = with_sentences(json.loads(error.diag.message_detail or "{}"))
        return kind(retry_after=detail.pop("retry_after", None), **detail)
    if isinstance(error, UniqueViolation) and error.diag.constraint_name in ("chat_messages_pkey", "reservations_pkey"):
        return IdempotencyConflict()
    if isinstance(error, QueryCanceled):
        return StatementTimeout(retry_after=2)
    if isinstance(error, OperationalError):
        return Busy(retry_after=2)
    return InternalError()


def _redact(error: "Error") -> None:
    """Reduces the error's text to SQLSTATE and constraint for logs, because Postgres's message quotes row values."""
    if error.sqlstate is not None:
        error.args = (" ".join(filter(None, (error.sqlstate, error.diag.constraint_name))),)
