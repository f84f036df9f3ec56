"""Random histories of a buyer: purchases, use, refunds, disputes, ends and crashes never break the books."""

import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from oneai.billing import credit_packages
from oneai.clients import razorpay
from tests.credits.account import Credits
from tests.credits.buying import DOLLAR, Buyer
from tests.credits.test_ledger import problems, verify
from tests.effort import sample
from tests.world import World

_A_DAY = 86_400
_STEPS = 30


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


class History:
    """What one buyer does by chance, and what is known of it."""

    def __init__(self, world: World, who: str, seed: int) -> None:
        self.world, self.buyer, self.chance = world, Buyer(world, who), random.Random(seed)
        self.account = Credits(world.database, self.buyer.account)
        self.payments: list[str] = []
        self.holds: list[UUID] = []
        self.disputed: dict[str, str] = {}
        self.late = False

    async def start(self) -> None:
        """An address of their own, and no limit of what may be bought."""
        await self.buyer.live_at()
        self.world.database.rows(
            "insert into oneai.credit_buying_limits (workspace_id, max_micro_usd) values (%s, 100000000000)",
            self.buyer.account,
        )
        self.world.database.rows("select oneai.lock_credits(%s)", self.buyer.account)

    async def buy(self) -> None:
        """Pays an order: known by the page, by an event, by both, or paid twice."""
        package = self.chance.choice(("credits_10", "credits_50"))
        answer = await self.buyer.order(package_id=package)
        if answer.status_code == 201:
            order = answer.json()
            self.payments.append(await self.buyer.pay(order, verify=self.chance.random() < 0.5))
            if self.chance.random() < 0.3:
                self.payments.append(await self.buyer.pay(order, verify=False))
            if self.chance.random() < 0.7:
                await self.deliver()

    async def deliver(self) -> None:
        """Events arrive as Razorpay sends them: in order, in another, or twice."""
        self.world.razorpay.deliveries.switch(self.chance.choice(("normal", "reorder", "duplicate")))
        await self.world.razorpay.catch_up()

    async def hold(self) -> None:
        """An answer is admitted."""
        if (hold := self.account.hold(self.chance.randint(1, 9 * DOLLAR))) is not None:
            self.holds.append(hold)

    async def settle(self) -> None:
        """An answer ends, also again, and also above what it held."""
        if self.holds:
            hold = self.chance.choice(self.holds[-3:])
            charge = self.chance.choice((0, self.chance.randint(0, DOLLAR), self.chance.randint(0, 12 * DOLLAR)))
            self.late |= charge > self.held_of(hold)
            self.account.settle(hold, charge)

    def held_of(self, hold: UUID) -> int:
        """What an answer held."""
        return int(self.world.database.one("select held_micro_usd from oneai.credit_holds where id = %s", hold))

    async def give_back(self) -> None:
        """The cost of an answer is corrected."""
        if self.holds:
            self.account.give_back(self.chance.choice(self.holds), self.chance.randint(0, DOLLAR))

    async def refund(self) -> None:
        """The owner asks for the price of a purchase, which may be refused."""
        if self.payments:
            # None while its event was not delivered.
            grants = self.world.database.rows(
                "select id from oneai.payments where provider_payment_id = %s", self.chance.choice(self.payments)
            )
            await self.buyer.send("POST", "/credits/refund", {"grant_id": str(next(iter(grants), uuid4()))})

    async def dispute(self) -> None:
        """A bank takes its next step: it asks, decides, or decides otherwise."""
        if self.payments:
            payment = self.chance.choice(self.payments)
            steps = {None: ("created",), "created": ("won", "lost"), "lost": ("won",), "won": ()}
            known = steps[self.disputed.get(payment)]
            if known:
                self.disputed[payment] = self.chance.choice(known)
                self.late |= self.disputed[payment] == "lost"
                async with self.world.razorpay.session() as engine:
                    engine.dispute(payment, self.disputed[payment])
                if self.chance.random() < 0.7:
                    await self.deliver()

    async def release(self) -> None:
        """An operator lets a blocked buyer buy again."""
        self.world.database.rows("update oneai.credit_blocks set released_at = oneai.now() where released_at is null")

    async def crash(self) -> None:
        """Postgres loses a connection whose transaction has held or settled, and not committed."""
        connection = psycopg.connect(self.world.database.url("postgres"))
        made = uuid4()
        connection.execute("select oneai.hold_credits(%s, %s, 1000, %s)", [self.account.workspace, made, made])
        if self.holds:
            connection.execute("select oneai.settle_credits(%s, 500)", [self.chance.choice(self.holds)])
        (pid,) = connection.execute("select pg_backend_pid()").fetchone() or (0,)
        self.world.database.rows("select pg_terminate_backend(%s)", pid)
        connection.close()

    async def wait(self) -> None:
        """Time passes: a minute, a day, or more than credits last."""
        self.world.database.advance(self.chance.choice((60, _A_DAY, _A_DAY, 370 * _A_DAY)))

    async def run_the_job(self) -> None:
        """The job settles what is due."""
        await self.buyer.settle_all()


STEPS: tuple[tuple[int, Callable[[History], Awaitable[None]]], ...] = (
    (5, History.buy),
    (7, History.hold),
    (6, History.settle),
    (2, History.give_back),
    (2, History.refund),
    (3, History.dispute),
    (1, History.release),
    (2, History.crash),
    (2, History.wait),
    (2, History.run_the_job),
)


def books(history: History) -> dict[str, int]:
    """The sums of the entries, by account."""
    found: dict[str, int] = dict(
        history.world.database.rows(
            "select account, sum(amount_micro_usd)::bigint from oneai.ledger_entries where workspace_id = %s "
            "group by 1",
            history.account.workspace,
        )
    )
    return found


async def test_books_agree_after_any_history_of_purchases(world: World) -> None:
    for seed in range(sample(2, 30)):
        history = History(world, world.newcomer(), seed)
        await history.start()
        for step in history.chance.choices([each for _, each in STEPS], [weight for weight, _ in STEPS], k=_STEPS):
            await step(history)
            assert problems(world.database) == [], (seed, step.__name__)
            owed = history.account.balance()[2]
            assert owed == 0 or history.late, (seed, step.__name__)
        world.razorpay.deliveries.switch("normal")
        for hold in history.holds:
            history.account.settle(hold, 0)
        for _ in range(2):
            await history.buyer.settle_all()
        check_the_end(history, seed)
    code, printed = await verify(world.database)
    assert (code, printed.rpartition(", ")[2]) == (0, "0 problems\n"), printed


def check_the_end(history: History, seed: int) -> None:
    """Each payment that bought credits has one grant, and each account the sum of what is known of it."""
    rows: Callable[..., list[Any]] = history.world.database.rows
    workspace = history.account.workspace
    assert problems(history.world.database) == [], seed
    bought = rows(
        "select o.credit_micro_usd, o.bonus_micro_usd from oneai.credit_orders as o "
        "where o.workspace_id = %s and o.payment_id is not null",
        workspace,
    )
    orders = rows("select payment_id from oneai.credit_orders where workspace_id = %s", workspace)
    grants = rows("select id from oneai.credit_grants where workspace_id = %s and kind = 'paid'", workspace)
    assert sorted(grants) == sorted(each for each in orders if each is not None), seed
    booked = books(history)
    assert sum(booked.values()) == 0, seed
    assert booked.get("sold", 0) == -sum(each[0] for each in bought), seed
    assert booked.get("granted", 0) == -sum(each[1] for each in bought), seed
    (used,) = rows(
        "select coalesce(sum(charged_micro_usd - given_back_micro_usd), 0)::bigint from oneai.credit_holds "
        "where workspace_id = %s",
        workspace,
    )
    assert booked.get("used", 0) == used, seed
    (refunded,) = rows(
        "select coalesce(sum(refunded_micro_usd), 0)::bigint from oneai.credit_grants where workspace_id = %s",
        workspace,
    )
    assert booked.get("refunded", 0) == refunded, seed
    # A lost dispute counts again in what may be bought, also after a refund.
    others = rows(
        "select o.id from oneai.credit_orders as o join oneai.credit_grants as g on g.id = o.payment_id "
        "where o.workspace_id = %s and g.refunded_micro_usd <> o.refunded_micro_usd "
        "and not exists (select from oneai.credit_blocks as k where k.payment_id = o.payment_id)",
        workspace,
    )
    assert others == [], seed
