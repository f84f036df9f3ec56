"""What operators' commands share: which database they mean, what is said where it cannot be used, the package at work.

A command acts in DATABASE_URL's database, signed in as `postgres`; without DATABASE_URL in that of the stack that runs
here.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from local import dotenv
from local.data_folder import data_folder
from local.environment import DATABASE, own_database
from local.postgres_server import SUPERUSER, running_url
from oneai import settings
from oneai.errors import OneAIError
from oneai.postgres import db

type Connection = psycopg.Connection[dict[str, Any]]


class DatabaseUnavailable(Exception):
    """The database cannot be used; its text is a sentence for the operator, without a password."""


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
    """`usage: make grant add PERSON` as `usage: make grant ARGS="add PERSON"`."""
    words = usage.split()
    return f'{" ".join(words[:3])} ARGS="{" ".join(words[3:])}"\n'


def run(
    parser: argparse.ArgumentParser,
    do: Callable[[Connection, argparse.Namespace], int],
    arguments: list[str] | None = None,
) -> int:
    """Does what the arguments, by default the process's, say.

    Returns what `do` returns, 0 if it went well; 1 where it could not be begun or done, which is said on stderr.
    """
    dotenv.load()
    wanted = parser.parse_args(arguments)
    try:
        with connect() as connection:
            return do(connection, wanted)
    except DatabaseUnavailable as error:
        print(error, file=sys.stderr)
    except psycopg.errors.InsufficientPrivilege:
        print(wrong_role(), file=sys.stderr)
    except psycopg.OperationalError as error:
        print(f"The database broke off: {_reason(error)}. Look at what is done, and run this again.", file=sys.stderr)
    except OneAIError as error:
        print(f"Not everything is done: {error.message} The job will do the rest.", file=sys.stderr)
    return 1


def connect() -> Connection:
    """A connection to the operator's database, which DATABASE_URL names from here on. Raises DatabaseUnavailable."""
    if not own_database():
        try:
            return psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row, autocommit=True)
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(f"DATABASE_URL's database cannot be reached: {_reason(error)}.") from None
        except psycopg.ProgrammingError:
            raise DatabaseUnavailable("DATABASE_URL is no address of a Postgres database.") from None
    os.environ["DATABASE_URL"] = running_url(data_folder() / "postgres", DATABASE, SUPERUSER)
    settings.forget()
    try:
        return psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row, autocommit=True)
    except psycopg.OperationalError:
        raise DatabaseUnavailable(
            f"No stack is running over {data_folder()}, and DATABASE_URL is not set. `make dev` starts one."
        ) from None


def _reason(error: psycopg.Error) -> str:
    """The server's or the driver's words in a line. libpq names host, port, role and database, never the password."""
    return " ".join(str(error).split()).removesuffix(".")


def wrong_role() -> str:
    """The sentence for an operator whose role may not do what they want."""
    role = conninfo_to_dict(os.environ["DATABASE_URL"]).get("user") or "This role"
    return (
        f"{role} may not do this. Operators' commands sign in as Supabase's `postgres`, not as the functions' "
        "`oneai_app`: docs/operations/deploy.md says which DATABASE_URL that is."
    )


def finish[T](work: Coroutine[Any, Any, T]) -> T:
    """What the package does, to its end."""

    async def whole() -> T:
        try:
            return await work
        finally:
            await db.close()

    return asyncio.run(whole())


def person(connection: Connection, named: str) -> UUID | None:
    """The one person with this e-mail address or id; says so where there is none, or more."""
    found = connection.execute(
        "select id from oneai.users where lower(email) = lower(%s) or id::text = lower(%s)", [named, named]
    ).fetchall()
    if len(found) != 1:
        print(f"{len(found) or 'Nobody'} found as {named}; an id names one person.", file=sys.stderr)
        return None
    who: UUID = found[0]["id"]
    return who


def moment(text: str) -> datetime:
    """A day or a time, in UTC unless it says otherwise; for argparse."""
    given = datetime.fromisoformat(text)
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 answer`, `2 answers`, `3 people`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
