"""Many users with the same history in one database, whose events arrive in different ways."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest

from oneai import settings
from oneai.billing import processing, providers, webhook
from oneai.billing.facts import our_id
from oneai.billing.providers.face import Fetch
from oneai.postgres import db
from stand_ins.payments.state import moment
from tests.billing.any_order.answers import Answers, headers_of
from tests.billing.any_order.histories import lived
from tests.billing.any_order.scenario import PLANS, START, BillingScenario, Ours, SentEvent
from tests.patience import webhooks_take_their_time
from tests.world import Database

AT_ONCE = 4
# These events are sent once, and a later fetch cannot replace them, so they are never lost here: that an unknown order
# was paid, when a mandate for a later start was given, when a past pause began or ended, and that a payment is in
# dispute. What replaces them has another time (tests/billing/projection/test_odd_cases.py). A fetch does show the start
# of a current pause, so that event may be lost.
AUTHORIZED = "subscription.authenticated"
TOLD_ONCE = (
    *(AUTHORIZED, "subscription.paused", "subscription.resumed"),
    *("payment.dispute.created", "payment.dispute.lost", "payment.dispute.won", "order.paid"),
    *("customer.subscription.created", "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"),
)
STILL_SO = {"subscription.paused": "paused"}
# The event by which it is known that a checkout was paid.
PAID_BY = {
    "razorpay": "subscription.charged",
    "stripe": "checkout.session.completed",
    "midtrans": "transaction.settlement",
}
_WISHES: dict[str, LiteralString] = {
    "cancel_requested_at": "update oneai.subscriptions set cancel_requested_at = %s where id = %s",
    "access_ends_at": "update oneai.subscriptions set access_ends_at = %s where id = %s",
    "checkout_cancelled_at": "update oneai.subscriptions set checkout_cancelled_at = %s where id = %s",
}


@dataclass
class User:
    """A user, and their life as it was at the provider; how much of what they did themselves is `done` here."""

    id: UUID
    life: BillingScenario
    done: set[object] = field(default_factory=set)


class Crowd:
    """The database, its clock, and the providers, which answer without any HTTP."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.answers = Answers()

    @property
    def now(self) -> int:
        """The moment that it is, in seconds of the epoch."""
        return self.answers.now

    def set_clock(self, at: int) -> None:
        """It is this moment from now on, and a little later with every look."""
        self.answers.now = at
        self.database.rows("update local.clock set ahead = %s - now()", moment(at))

    async def people(self, history: str, seeds: Iterable[str]) -> list[User]:
        """New people who have signed up, and done nothing yet."""
        self.set_clock(START - 3600)
        lives = [lived(history, f"{history} {seed}") for seed in seeds]
        found = [User(life.user_id, life) for life in lives]
        self.database.rows(
            "insert into auth.users (id, aud, role, email, email_confirmed_at) "
            "select id, 'authenticated', 'authenticated', id || '@example.com', oneai.now() from unnest(%s::uuid[]) id",
            [user.id for user in found],
        )
        for user in (each for each in found if each.life.is_team):
            self._make_team(user.id)
        for user in found:
            self.answers.know(user.life)
        return found

    async def do(self, user: User) -> None:
        """What the user has done by now that is not `done` here: opened what they will pay, and requested an end.

        A user can open another one only when the last is known to be paid or ended, which is applied first.
        """
        for row in user.life.rows:
            if row.created_at > moment(self.now):
                break
            if row.id not in user.done:
                await self._hear_of_the_last(user)
                self._keep(user, row)
                user.done.add(row.id)
            self._keep_pages(user, row)
            for wish, query in _WISHES.items():
                at = getattr(row, wish)
                if at is not None and at <= moment(self.now) and (row.id, wish) not in user.done:
                    self.database.rows(query, at, row.id)
                    user.done.add((row.id, wish))
        self._keep_seats(user)
        self._keep_credits(user)

    def _make_team(self, workspace: UUID) -> None:
        """Their workspace is a team's, which has units of an operator's while it pays for no plan."""
        self.database.rows(
            "update oneai.workspaces set kind = 'team', subscription_tier = 'none', name = 'Tea', "
            "slug = 'tea-' || substr(md5(id::text), 1, 12) where id = %s",
            workspace,
        )
        self.database.rows("select oneai.set_entitled_plan(%s, 'none', null, null)", workspace)
        self.database.rows(
            "update oneai.usage_quotas set extra_units = 100, override_until = 'infinity' where workspace_id = %s",
            workspace,
        )

    def _keep_seats(self, user: User) -> None:
        """The orders for seats that the user has made by now."""
        for each in user.life.seats:
            if each.quoted_at <= moment(self.now) and each.ref not in user.done:
                self.database.rows(
                    "insert into oneai.seat_orders (workspace_id, subscription_id, payment_provider, "
                    "provider_order_id, seats, amount, currency, quoted_at, period_start, period_end, expires_at) "
                    "values (%s, %s, 'razorpay', %s, %s, %s, 'INR', %s, %s, %s, %s)",
                    *(user.id, each.row.id, each.ref, each.seats, each.amount, each.quoted_at),
                    *(each.period_start, each.period_end, each.quoted_at + timedelta(hours=1)),
                )
                user.done.add(each.ref)

    def _keep_credits(self, user: User) -> None:
        """The orders for credits that the user has made by now, and the refunds that they asked for."""
        for each in user.life.credits:
            if each.opened_at <= moment(self.now) and each.ref not in user.done:
                self.database.rows(
                    "insert into oneai.credit_orders (id, workspace_id, user_id, credit_micro_usd, bonus_micro_usd, "
                    "listed, amount, tax, currency, description, payment_provider, address_hash, opened_at, "
                    "expires_at) values (%s, %s, %s, %s, %s, %s, %s, 0, %s, 'Prepaid credits', %s, sha256(%s), %s, %s)",
                    *(each.id, user.id, user.id, each.credit_micro_usd, each.bonus_micro_usd, each.amount, each.amount),
                    *(each.currency, each.payment_provider, str(user.id).encode(), each.opened_at),
                    each.opened_at + timedelta(hours=1),
                )
                self.database.rows(
                    "select oneai.save_credit_order(%s, %s, %s, null)",
                    *(each.id, our_id("order", each.payment_provider, each.ref), each.ref),
                )
                user.done.add(each.ref)
            wish = each.refund_requested_at
            if wish is not None and wish <= moment(self.now) and each.id not in user.done:
                self.database.rows(
                    "update oneai.credit_orders set refund_requested_at = %s where id = %s", wish, each.id
                )
                user.done.add(each.id)

    async def _hear_of_the_last(self, user: User) -> None:
        unpaid = self.database.rows(
            "select id from oneai.subscriptions where workspace_id = %s and status = 'none' and access_ends_at is null",
            user.id,
        )
        for row in (each for each in user.life.rows if each.id in unpaid):
            paid = (each for each in user.life.events_of(row) if each.name == PAID_BY[row.payment_provider])
            assert await self.tell(next(paid)) == "applied"

    def _keep(self, user: User, row: Ours) -> None:
        self.database.rows(
            "insert into oneai.subscriptions (id, workspace_id, plan_id, status, payment_provider, "
            "provider_subscription_id, provider_plan_id, period, currency, amount, created_at, replaces, "
            "start_at, trial_end, quantity) "
            "values (%s, %s, %s, 'none', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            *(row.id, user.id, row.tier, row.payment_provider, row.ref, row.plan_ref, row.period, row.currency),
            *(row.amount, row.created_at, row.replaces, row.start_at, row.trial_end, row.quantity),
        )

    def _keep_pages(self, user: User, row: Ours) -> None:
        """How many payment pages of it the user has opened by now."""
        opened = sum(at <= moment(self.now) for at in row.pages)
        if opened and (row.id, opened) not in user.done:
            self.database.rows("update oneai.subscriptions set pages = %s where id = %s", opened, row.id)
            user.done.add((row.id, opened))

    def use(self, people: list[User]) -> None:
        """Each user asks two questions, at this moment."""
        ids = [user.id for user in people]
        asked = [uuid4() for _ in ids]
        lines = '[{"quota_key": "small_messages", "held": 2}]'
        self.database.rows(
            "insert into oneai.reservations (id, workspace_id, user_id, held_until, subscription_tier, model_asked, "
            "price_version, prompt_micro_usd, completion_micro_usd_per_token, held_micro_usd, spend_day) "
            "select asked, asker, asker, oneai.now(), 'free', 'maker/small', 'v1', 0, 0, 0, oneai.today() "
            "from unnest(%s::uuid[], %s::uuid[]) as t (asker, asked)",
            *(ids, asked),
        )
        self.database.rows(
            "select oneai.reserve(asker, asked, %s) from unnest(%s::uuid[], %s::uuid[]) as t (asker, asked)",
            *(lines, ids, asked),
        )
        self.database.rows("select oneai.settle_reservation(asked, 2) from unnest(%s::uuid[]) as t (asked)", asked)

    def fresh_quotas(self, user: User) -> set[object]:
        """The times at which a payment gave the user fresh quotas."""
        query: LiteralString = "select quota_anchor from oneai.workspaces where id = %s and quota_anchor is not null"
        return set(self.database.rows(query, user.id))

    async def tell(self, sent: SentEvent) -> str:
        """Sends the event as a webhook with signed bytes. Returns its state."""
        body = sent.event.body.encode()
        return (await webhook.receive_webhook(sent.payment_provider, body, headers_of(sent, body))).status

    async def reconcile(self, user: User) -> None:
        """Syncs a user's subscriptions, as the job does."""
        for row in user.life.rows:
            await self._fetch(row.payment_provider, Fetch(row.ref, with_payments=True))
        for payment_provider, ref in user.life.orders:
            await self._fetch(payment_provider, Fetch(ref, "order", with_payments=True))
        await self.let_time_count(user)

    async def ask_about_mandates(self, user: User) -> None:
        """Syncs a user's mandate before the first charge, as the job does to begin a trial."""
        for row in user.life.rows:
            if row.trial_end is not None:
                await self._fetch(row.payment_provider, Fetch(row.ref, with_mandate=True))

    async def _fetch(self, payment_provider: str, what: Fetch) -> None:
        await processing.ingest(await providers.of(payment_provider).fetch(what), source="reconciliation")

    async def let_time_count(self, user: User) -> None:
        """Applies changes by time alone, as the job does when they are due."""
        await processing.reproject(user.id, source="clock")


@asynccontextmanager
async def crowded(database: Database) -> AsyncIterator[Crowd]:
    """A crowd over this database; it ends with the `async with`."""
    crowd = Crowd(database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database.url("oneai_app"))
        patch.setenv("DATABASE_POOL_SIZE", str(AT_ONCE))
        crowd.answers.set_up(patch)
        webhooks_take_their_time(patch)
        settings.reset_cache()
        for (payment_provider, tier, period, currency), (amount, plan_ref) in PLANS.items():
            row = (payment_provider, plan_ref, tier, period, currency, amount)
            database.rows("select oneai.remember_price(%s, %s, %s, %s, %s, %s)", *row)
        try:
            yield crowd
        finally:
            await db.close()
            settings.reset_cache()


def checkpoints(life: BillingScenario) -> list[int]:
    """When events come and questions are asked: twice on the way, and at the end."""
    span = life.now - START
    return [START + span * 2 // 5, START + span * 7 // 10, life.now]


@dataclass
class Way:
    """In which way the events of a user arrive: at each checkpoint these, in this order."""

    stages: list[list[SentEvent]]
    lossy: bool


def right_way(life: BillingScenario) -> Way:
    """Everything in order, at the first checkpoint after it happened."""
    stages: list[list[SentEvent]] = []
    before = 0
    for at in checkpoints(life):
        stages.append([each for each in life.events if before < each.created_at <= at])
        before = at
    return Way(stages, lossy=False)


def some_way(life: BillingScenario, number: int, chance: random.Random) -> Way:
    """Shuffled, some of it late, some of it twice, and often some or all of it never: fifteen of consecutive numbers
    have every loss with every lateness."""
    loss = [0, 0, 0.2, 0.5, 1][number % 5]
    lateness = [0, 0.3, 0.8][number % 3]
    stages: list[list[SentEvent]] = [[] for _ in checkpoints(life)]
    for stage, events in enumerate(right_way(life).stages):
        for event in events:
            if _may_be_lost(life, event) and chance.random() < loss:
                continue
            for _ in range(chance.choice([1, 1, 1, 2])):
                # A user can try a plan only if it is known in time that they may.
                late = chance.random() < lateness and not (event.name == AUTHORIZED and life.rows[0].trial_end)
                stages[chance.randint(stage, len(stages) - 1) if late else stage].append(event)
    for events in stages:
        chance.shuffle(events)
    return Way(stages, lossy=loss > 0)


def disorders(life: BillingScenario, way: Way) -> set[str]:
    """The faults of the delivery: any of `lost`, `late`, `twice` and `shuffled`."""
    due = [{each.event_id for each in events} for events in right_way(life).stages]
    stages = [[each.event_id for each in events] for events in way.stages]
    order = {each.event_id: place for place, each in enumerate(life.events)}
    found = {
        "lost": set().union(*due) - set().union(*stages),
        "late": any(set(events) - stage for events, stage in zip(stages, due, strict=True)),
        "twice": any(len(set(events)) < len(events) for events in stages),
        "shuffled": any(events != sorted(events, key=order.__getitem__) for events in stages),
    }
    return {disorder for disorder, wrong in found.items() if wrong}


def _may_be_lost(life: BillingScenario, event: SentEvent) -> bool:
    """Whether the provider, asked at the end, says the same."""
    if event.name not in TOLD_ONCE:
        return True
    ref = event.event.subscription_id if event.payment_provider == "razorpay" else None
    there = life.engine.subscription(ref)["status"] if ref else None
    return there is not None and STILL_SO.get(event.name) == there


async def at_once(work: Iterable[Any]) -> list[Any]:
    """All of these, a few at a time; when one fails, the others end too."""
    few = asyncio.Semaphore(AT_ONCE)

    async def one(each: Any) -> Any:
        async with few:
            return await each

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one(each)) for each in work]
    return [task.result() for task in running]
