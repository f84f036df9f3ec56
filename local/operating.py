"""What operators' commands about money share: which database they mean, and the package at work in it."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from local import dotenv
from local.data_folder import data_folder
from local.postgres_server import SUPERUSER, running_url
from local.surroundings import DATABASE, own_database
from oneai import db, settings
from oneai.errors import OneAIError

type Connection = psycopg.Connection[dict[str, Any]]


def run(parser: argparse.ArgumentParser, do: Callable[[Connection, argparse.Namespace], int]) -> int:
    """Reads the arguments and does it in DATABASE_URL's database, else in that of the stack that runs here.

    Returns what `do` returns, 0 if it went well.
    """
    dotenv.load()
    wanted = parser.parse_args()
    try:
        if own_database():
            os.environ["DATABASE_URL"] = running_url(data_folder() / "postgres", DATABASE, SUPERUSER)
            settings.forget()
        with psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row, autocommit=True) as connection:
            return do(connection, wanted)
    except psycopg.OperationalError:
        print("No stack is running here, and DATABASE_URL names no other.", file=sys.stderr)
    except OneAIError as error:
        print(f"Not everything is done: {error.message} The job will do the rest.", file=sys.stderr)
    return 1


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
        "select id from oneai.users where lower(email) = lower(%s) or id::text = %s", [named, named]
    ).fetchall()
    if len(found) != 1:
        print(f"{len(found) or 'Nobody'} found as {named}; an id names one person.", file=sys.stderr)
        return None
    who: UUID = found[0]["id"]
    return who


def moment(text: str) -> datetime:
    """A day or a time, in UTC unless it says otherwise; for argparse."""
    told = datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=UTC)
