"""A test has a database that equals the template, also after a test that changed everything."""

from collections.abc import Iterator
from typing import LiteralString

import pytest

from local import postgres
from oneai.postgres import db
from tests.databases import Databases

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture
def own_databases(server: postgres.Server) -> Iterator[Databases]:
    """Copies that no other test uses."""
    databases = Databases(server)
    yield databases
    databases.close()


def test_rows_and_sequences_are_those_of_the_template(own_databases: Databases) -> None:
    read: LiteralString = (
        "select (select count(*) from auth.users), (select count(*) from oneai.plan_quotas), "
        "(select ahead from local.clock), (select last_value from oneai.operator_alerts_id_seq)"
    )
    with own_databases.borrow() as database:
        name, new = database.name, database.rows(read)
    for _ in range(2):
        with own_databases.borrow() as database:
            assert (database.name, database.rows(read)) == (name, new)
            database.user("asha@example.com")
            database.advance(60)
            database.rows("delete from oneai.plan_quotas")
            database.rows("select nextval('oneai.operator_alerts_id_seq')")


@pytest.mark.parametrize(
    "change", ["alter table oneai.plan_quotas add other text", "begin", "create function f() returns int return 1"]
)
def test_a_database_with_another_schema_is_replaced(own_databases: Databases, change: LiteralString) -> None:
    with own_databases.borrow() as database:
        name = database.name
        database.rows(change)
    with own_databases.borrow() as database:
        assert database.name != name


async def test_a_connection_is_kept_for_the_next_pool_and_closed_with_its_database(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = []
    for _ in range(2):
        with databases.borrow() as database:
            monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
            await db.close()
            backends.append((database.name, await db.call("select pg_backend_pid()", [])))
            await db.close()
    assert backends[0] == backends[1]
