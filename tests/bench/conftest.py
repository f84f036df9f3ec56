"""A service whose books hold: two answers, one of them charged, and a subscription that was paid."""

import copy
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bench.invariants import Check, ReceivedStream, Texts, check_answers, check_payments, check_texts
from bench.invariants.texts import watch
from stand_ins.razorpay.simulator import saved_account
from stand_ins.razorpay.state import Account
from tests.billing.subscriptions.subscribing import subscribe
from tests.world import World


@dataclass
class Service:
    """A stack at rest, what its clients received, and what its payment provider has."""

    world: World
    texts: Texts
    account: Account

    def check(self) -> list[Check]:
        """All of its books."""
        connection = self.world.database.connection
        return [
            *check_answers(connection),
            *check_texts(connection, self.texts),
            *check_payments(connection, self.account),
        ]

    def broken(self) -> list[str]:
        """The sentences that do not hold."""
        return [each.sentence for each in self.check() if not each.holds]

    @contextmanager
    def changed(self) -> Iterator[None]:
        """Restores all changes of the block afterwards."""
        texts, account = self.texts, self.account
        self.texts, self.account = copy.deepcopy(texts), copy.deepcopy(account)
        with self.world.database.connection.transaction(force_rollback=True):
            yield
        self.texts, self.account = texts, account


@pytest_asyncio.fixture(scope="module")
async def service(shared: World) -> Service:
    """A user has an answer, one that failed, and the plan that they pay for."""
    watch(shared.database.connection)
    answer = await shared.ask("What is a monsoon?", model="local/slow", max_tokens=8)
    failed = await shared.ask("And in winter?", model="local/error-after-reasoning")
    shared.database.rows("create table watch.answered (id uuid)")
    shared.database.rows("create table watch.failed (id uuid)")
    shared.database.rows("insert into watch.answered values (%s)", answer.start["message_id"])
    shared.database.rows("insert into watch.failed values (%s)", failed.start["message_id"])
    await subscribe(shared)
    await shared.razorpay.catch_up()
    shared.database.rows("select oneai.roll_up_usage(1000)")
    texts = Texts(
        streams=[ReceivedStream(answer.start["message_id"], answer.start["conversation_id"], answer.text, final=True)]
    )
    texts.read(shared.database.connection)
    return Service(shared, texts, saved_account(shared.razorpay.file.parent))


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder for a tool that starts a stack of its own, on any free port."""
    folder = Path(tempfile.mkdtemp(prefix="oneai-test-"))
    folder.chmod(0o755)  # as root: Postgres's user has to get there
    monkeypatch.setenv("ONEAI_DATA", str(folder))
    monkeypatch.delenv("PORT", raising=False)
    yield folder
    shutil.rmtree(folder)
