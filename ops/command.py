"""Common parts of operators' commands: connection, error messages, arguments, and running the package's coroutines.

A command uses the database at DATABASE_URL as `postgres`, or else that of the local stack. Its changes are recorded in
the audit log under the operator's name: OPERATOR, or else the user of this machine.
"""

import argparse
import asyncio
import getpass
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import ValidationError

from local import dotenv
from local.data_folder import data_folder
from local.environment import DATABASE, own_database
from local.postgres_server import SUPERUSER, running_url
from oneai import settings
from oneai.accounts import lookup
from oneai.accounts.audit import Operator
from oneai.admin.act import Actor
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.errors import InvalidRequest, NotFound, OneAIError
from oneai.field_errors import from_pydantic
from oneai.http.failures import causes
from oneai.postgres import db
from oneai.postgres.operators import OperatorConnection
from oneai.text import clean_lines
from oneai.usage.cost_report import current_month

type Connection = OperatorConnection

# The maximum number of listed rows.
LIST_LIMIT = 1_000


class DatabaseUnavailable(Exception):
    """The database cannot be used; the text is a message for the operator, without a password."""


class Parser(argparse.ArgumentParser):
    """The arguments of `make NAME`, shown in its help as they are typed: `make NAME ARGS="…"`."""

    def format_usage(self) -> str:
        """The usage, quoted for make."""
        return _quoted(super().format_usage())

    def format_help(self) -> str:
        """The help, its usage quoted for make."""
        usage, blank, rest = super().format_help().partition("\n\n")
        return _quoted(usage) + blank.removeprefix("\n") + rest


def _quoted(usage: str) -> str:
    """`usage: make grant add USER` as `usage: make grant ARGS="add USER"`."""
    words = usage.split()
    return f'{" ".join(words[:3])} ARGS="{" ".join(words[3:])}"\n'


def run(
    parser: argparse.ArgumentParser,
    do: Callable[[Connection, argparse.Namespace], int],
    arguments: list[str] | None = None,
) -> int:
    """Runs `do` with a connection and the parsed arguments (of the process by default), `operator` and `actor`.

    Returns the exit code of `do`, or 1 after printing on stderr why it could not run or failed.
    """
    dotenv.load()
    options = parser.parse_args(arguments)
    options.operator = operator(parser)
    options.actor = Actor.operator(options.operator)
    try:
        with connect() as connection:
            return do(connection, options)
    except DatabaseUnavailable as error:
        print(error, file=sys.stderr)
    except psycopg.errors.InsufficientPrivilege:
        print(wrong_role(), file=sys.stderr)
    except psycopg.OperationalError as error:
        print(f"The database broke off: {_reason(error)}. Look at what is done, and run this again.", file=sys.stderr)
    except OneAIError as error:
        print(f"Not everything is done: {error.message} {_next_step(error)}", file=sys.stderr)
    return 1


def _next_step(error: OneAIError) -> str:
    """What an operator does about an error: nothing, where a job goes on with what the payment provider was asked."""
    if isinstance(error, PaymentProviderUnavailable):
        return "The job will do the rest."
    cause = " < ".join(causes(error))
    return f"{cause + '. ' if cause else ''}Look at what is done, and run this again."


def connect() -> Connection:
    """A connection to the operator's database, which DATABASE_URL is set to. Raises DatabaseUnavailable."""
    if not own_database():
        try:
            return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(f"DATABASE_URL's database cannot be reached: {_reason(error)}.") from None
        except psycopg.ProgrammingError:
            raise DatabaseUnavailable("DATABASE_URL is no address of a Postgres database.") from None
    os.environ["DATABASE_URL"] = running_url(data_folder() / "postgres", DATABASE, SUPERUSER)
    settings.reset_cache()
    try:
        return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    except psycopg.OperationalError:
        raise DatabaseUnavailable(
            f"No stack is running over {data_folder()}, and DATABASE_URL is not set. `make dev` starts one."
        ) from None


def _reason(error: psycopg.Error) -> str:
    """The server's or the driver's message in one line; libpq names host, port, role and database, not the password."""
    return " ".join(str(error).split()).removesuffix(".")


def wrong_role() -> str:
    """The message for an operator whose role lacks the rights."""
    role = conninfo_to_dict(os.environ["DATABASE_URL"]).get("user") or "This role"
    return (
        f"{role} may not do this. Operators' commands sign in as Supabase's `postgres`, not as the functions' "
        "`oneai_app`: docs/operations/deploy.md says which DATABASE_URL that is."
    )


def operator(parser: argparse.ArgumentParser) -> Operator:
    """Who runs this command, and where, for the audit log."""
    name = " ".join(os.environ.get("OPERATOR", "").split())
    if not name:
        try:
            name = getpass.getuser()
        except OSError:  # a container's user may have no name
            name = f"uid {os.getuid()}"
    return Operator(name, f"{parser.prog} on {socket.gethostname()}")


def add_reason(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Adds `--reason`, which the audit log keeps."""
    parser.add_argument("--reason", type=_readable, required=required, help="for operators; the user does not see it")


def _readable(text: str) -> str:
    """Cleans a reason. Raises ArgumentTypeError if no visible character is left."""
    reason = clean_lines(text.encode("utf-8", "replace").decode())
    if not reason:
        raise argparse.ArgumentTypeError("nothing of it can be read")
    return reason


def finish[T](work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine of the package to its end, and closes the database pool it opened."""

    async def with_pool() -> T:
        try:
            return await work
        finally:
            await db.close()

    return asyncio.run(with_pool())


def find_user(connection: Connection, email_or_id: str) -> UUID | None:
    """The one user with this e-mail address or id; None after printing that there is none, or more than one."""
    users = lookup.find_users(connection, email_or_id)
    if len(users) != 1:
        print(f"{len(users) or 'No'} users found as {email_or_id}; an id names one user.", file=sys.stderr)
        return None
    return users[0]


def find_workspace(connection: Connection, name: str) -> UUID | None:
    """The one workspace with this id or slug, or the personal one of the user with this e-mail address; None after
    printing that there is none, or more than one."""
    workspaces = lookup.find_workspaces(connection, name)
    if len(workspaces) != 1:
        print(f"{len(workspaces) or 'No'} workspaces found as {name}; an id names one.", file=sys.stderr)
        return None
    return workspaces[0]


def selected_month(connection: Connection) -> date | None:
    """The first day of the month in MONTH, by default the current one in UTC. Returns None after printing an error if
    MONTH is not a month."""
    text = os.environ.get("MONTH")
    try:
        return date.fromisoformat(f"{text}-01") if text else current_month(connection)
    except ValueError:
        print("MONTH is a year and a month, such as 2026-11.", file=sys.stderr)
        return None


def user_id_of(connection: Connection, email_or_id: str) -> UUID | None:
    """Like `find_user`, but accepts any id, because rows or files may remain after the sign-in is deleted."""
    try:
        return UUID(email_or_id)
    except ValueError:
        return find_user(connection, email_or_id)


def moment(text: str) -> datetime:
    """Parses a day or a time, in UTC unless it has an offset; for argparse."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def end(until: datetime | None) -> str:
    """When a grant or an override ends, in UTC."""
    return f"{until.astimezone(UTC):%Y-%m-%d %H:%M}" if until else "revoked"


def sentence(error: InvalidRequest | NotFound | ValidationError) -> str:
    """The message of a refused request: the messages of its fields, if it has any."""
    if isinstance(error, ValidationError):
        error = from_pydantic(error.errors())
    details = error.extra.get("details", [])
    return " ".join(detail["message"] for detail in details) or error.message


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 answer`, `2 answers`, `3 people`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
