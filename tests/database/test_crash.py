"""Postgres crashes: what was admitted, held and settled is on the disk, and the end of a text may be missing."""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from local import postgres
from tests.credits.test_ledger import problems
from tests.credits.test_paying_with_credits import HELD, costs, with_credits
from tests.database.turns import TurnClient
from tests.patience import PATIENCE
from tests.world import Database

ROWS = """
    select (select count(*) from oneai.chat_messages), (select count(*) from oneai.reservations),
      (select sum(reserved)::bigint from oneai.usage_quotas), (select sum(used)::bigint from oneai.usage_quotas)
"""


class Crashing:
    """A durable server of the test's own, with one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._start()
        postgres.migrate(self._server, "oneai")
        # Commits that wait for no disk stay in memory as long as Postgres allows, and no other commit writes them.
        self.database.rows("alter system set wal_writer_delay = '10s'")
        self.database.rows("alter system set autovacuum = off")
        self.stop()
        self._start()

    def _start(self) -> None:
        self._server = postgres.start(self.folder, durable=True)
        self.database = Database(self._server, "oneai")

    def crash(self) -> None:
        """Ends Postgres without a word to the disk, and starts it again."""
        self._server.process.send_signal(signal.SIGQUIT)
        self._server.process.wait(PATIENCE)
        self.stop()
        self._start()

    def stop(self) -> None:
        """Ends it."""
        self.database.close()
        postgres.stop(self._server)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[TurnClient]:
        """A connection like those the functions have."""
        url = self.database.url("oneai_app")
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            yield TurnClient(connection)


@pytest.fixture
def crashing(tmp_path: Path) -> Iterator[Crashing]:
    """Postgres to crash."""
    crashing = Crashing(tmp_path / "postgres")
    yield crashing
    crashing.stop()


@pytest.mark.timeout(180)
async def test_an_admission_survives_a_crash_and_is_settled_once(crashing: Crashing) -> None:
    user = crashing.database.user("asha@example.com")
    async with crashing.client() as client:
        turn = await client.admit(user)
        await client.checkpoint(turn.message_id, ("text", 0, "Hi"))
    crashing.crash()

    assert crashing.database.one(ROWS) == (2, 1, 1, 0)
    assert crashing.database.rows("select text from oneai.answer_pieces") == [], "a checkpoint waits for no disk"
    async with crashing.client() as client:
        assert await client.checkpoint(turn.message_id, ("text", 2, " there")) == (False, "incomplete")
        assert await client.checkpoint(turn.message_id, ("text", 0, "Hi there"), sends_all=True) == (False, "streaming")
        settled = await client.settle(turn.message_id)
    crashing.crash()

    assert (settled["state"], settled["quota"]["used"]) == ("complete", 1)
    assert crashing.database.one(ROWS) == (2, 1, 0, 1)
    text = crashing.database.one("select content from oneai.chat_messages where id = %s", turn.message_id)
    assert text == "Hi there"


@pytest.mark.timeout(180)
async def test_a_hold_of_credits_survives_a_crash_and_is_charged_once(crashing: Crashing) -> None:
    user = crashing.database.user("asha@example.com")
    account = with_credits(crashing.database, user, order="credits")
    async with crashing.client() as client:
        turn = await client.admit(user)
    crashing.crash()

    account.database = crashing.database
    assert account.balance() == (1_000_000, 0, 0, HELD)
    # Postgres crashes with a charge that is not committed.
    lost = await psycopg.AsyncConnection.connect(crashing.database.url("oneai_app"), autocommit=True)
    await lost.execute("begin")
    await TurnClient(lost).settle(turn.message_id, usage=costs(150))
    crashing.crash()
    await lost.close()
    account.database = crashing.database
    assert account.balance() == (1_000_000, 0, 0, HELD)

    async with crashing.client() as client:
        await client.settle(turn.message_id, usage=costs(150))
    crashing.crash()
    account.database = crashing.database
    async with crashing.client() as client:
        await client.settle(turn.message_id, usage=costs(150))
    assert account.balance() == (1_000_000 - 450, 0, 0, 0)
    assert [each[:2] for each in account.movements()] == [("purchase", 1_000_000), ("use", -450)]
    assert problems(crashing.database) == []
