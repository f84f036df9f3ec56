"""Among thousands of visitors' conversations no list of the inbox reads any table from one end to the other."""

from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest

from bench import bench_inbox, inbox_seed
from local import postgres
from oneai import settings
from oneai.postgres import db

# Enough rows of the large inbox for Postgres to prefer an index.
SIZE = inbox_seed.Size(conversations=20_000, messages_each=3)


@pytest.fixture
async def address(server: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A database that the package uses, over one connection; where a superuser finds it."""
    name = f"test_{uuid4().hex[:12]}"
    monkeypatch.setenv("DATABASE_URL", postgres.clone(server, name))
    monkeypatch.setenv("DATABASE_POOL_SIZE", "1")
    settings.reset_cache()
    yield server.url(name, "postgres")
    await db.close()
    settings.reset_cache()
    postgres.drop(server, name)


TABLES = ["oneai.inbox_conversations", "oneai.inbox_texts"]
# Rows read from indexes and from whole tables so far.
READ = """
    select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::bigint from pg_stat_user_tables
    where relid = any (%s::regclass[])"""


@pytest.mark.exhaustive
async def test_a_search_reads_few_rows_without_statistics(address: str) -> None:
    seeded = inbox_seed.fill(address, inbox_seed.Size(conversations=4_000, messages_each=3))
    searches = {each.name: each for each in bench_inbox.cases(seeded) if each.name.startswith("search")}
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("delete from pg_statistic where starelid = any (%s::regclass[])", [TABLES])
        read = {}
        for name, case in searches.items():
            before = connection.execute(READ, [TABLES]).fetchone()
            await case.read()
            await db.call("select pg_stat_force_next_flush()", [])
            after = connection.execute(READ, [TABLES]).fetchone()
            assert before is not None
            assert after is not None
            read[name] = after[0] - before[0]
    assert len(read) == 7
    assert {name for name, rows in read.items() if rows > 2_000} == set(), read


@pytest.mark.exhaustive
async def test_every_filter_search_and_count_of_the_inbox_uses_an_index(address: str) -> None:
    await bench_inbox.prove(address, inbox_seed.fill(address, SIZE))
