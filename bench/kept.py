"""A database that a benchmark fills, and keeps for its next run if it is asked to."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from psycopg import sql

from bench.report import step
from local import postgres
from local.data_folder import data_folder
from oneai import settings


@contextmanager
def database(
    folder: str, name: str, content: str, fill: Callable[[str], str], *, keep: bool
) -> Iterator[tuple[str, str]]:
    """Connects the package to the database `name`. Yields a superuser's address and what `fill` returned.

    `fill` gets a superuser's address, and returns a note about its rows. It is called unless this folder of the data
    has a kept database with the same `content`, a hash of the schema and of what fills it.
    """
    with ExitStack() as resources:
        shelf = data_folder() / "bench"
        shelf.mkdir(parents=True, exist_ok=True)
        place = shelf / folder if keep else Path(resources.enter_context(tempfile.TemporaryDirectory(dir=shelf)))
        # The data need not survive a crash of the machine.
        server = postgres.start(place / "postgres", durable=False)
        resources.callback(postgres.stop, server, within=60)
        postgres.build_template(server)
        address = server.url(name, "postgres")
        os.environ |= {"DATABASE_URL": server.url(name, "oneai_app"), "DATABASE_POOL_SIZE": "1"}
        settings.reset_cache()
        with server.connect("postgres") as connection:
            row = connection.execute(
                "select shobj_description(oid, 'pg_database') from pg_database where datname = %s", [name]
            ).fetchone()
            kept, _, note = ((row and row[0]) or "").partition(" ")
            if kept != content:
                started = time.perf_counter()
                postgres.drop(server, name)
                postgres.clone(server, name)
                note = fill(address)
                comment = sql.SQL("comment on database {} is {}")
                connection.execute(comment.format(sql.Identifier(name), sql.Literal(f"{content} {note}")))
                step(f"filled in {time.perf_counter() - started:.0f} s")
            # An earlier run has made Postgres explain every statement.
            connection.execute(sql.SQL("alter database {} reset all").format(sql.Identifier(name)))
        yield address, note
