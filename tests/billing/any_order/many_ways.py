"""Many users with the same history in one database, whose events arrive in different ways."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest

from oneai import settings
from oneai.billing import processing, webhook
from oneai.billing.facts import our_id
from oneai.billing.providers import razorpay as provider
from oneai.clients import razorpay
from oneai.postgres import db
from stand_ins.payments.state import Event, moment
from stand_ins.razorpay import queries
from stand_ins.razorpay.keys import webhook_signature
from tests.billing.any_order.histories import lived
from tests.billing.any_order.scenario import PLANS, START, BillingScenario, Ours
from tests.patience import webhooks_take_their_time
from tests.world import Database

SECRET = "the webhook's secret"
AT_ONCE = 4
# Razorpay sends these events once, and a later fetch cannot replace them, so they are never lost here: that an unknown
# order was paid, when a mandate for a later start was given, when a past pause began or ended, and that a payment is in
# dispute. What replaces them has another time (tests/billing/projection/test_odd_cases.py). A fetch does show the start
# of a current pause, so that event may be lost.
AUTHORIZED = "subscription.authenticated"
TOLD_ONCE = (
    *(AUTHORIZED, "subscription.paused", "subscription.resumed"),
    *("payment.dispute.created", "payment.dispute.lost", "payment.dispute.won", "order.paid"),
)
STILL_SO = {"subscription.paused": "paused"}
_WISHES: dict[str, LiteralString] = {
    "cancel_requested_at": "update oneai.subscriptions set cancel_requested_at = %s where id = %s",
    "access_ends_at": "update oneai.subscriptions set access_ends_at = %s where id = %s",
}
_ID = re.compile(r"\b(?:sub|pay|inv|order|cust)_\w{14}\b")


@dataclass
class User:
    """A user, and their life as it was at the provider; how much of what they did themselves is `done` here."""

    id: UUID
    life: BillingScenario
    done: set[object] = field(default_factory=set)


class Crowd:
    """The database, its clock, and the provider, which answers without any HTTP."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.record: dict[str, BillingScenario] = {}
        self.now = START

    def set_clock(self, at: int) -> None:
        """It is this moment from now on, and a little later with every look."""
        self.now = at
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
            account = user.life.engine.account
            for things in (account.subscriptions, account.orders, account.payments, account.invoices):
                self.record |= dict.fromkeys(things, user.life)
            self.record |= {each["order_id"]: user.life for each in account.invoices.values()}
            self.record |= {each.customer: user.life for each in account.subscriptions.values() if each.customer}
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
                    "expires_at) values (%s, %s, %s, %s, %s, %s, %s, 0, 'INR', 'Prepaid credits', 'razorpay', "
                    "sha256(%s), %s, %s)",
                    *(each.id, user.id, user.id, each.credit_micro_usd, each.bonus_micro_usd, each.amount, each.amount),
                    *(str(user.id).encode(), each.opened_at, each.opened_at + timedelta(hours=1)),
                )
                self.database.rows(
                    "select oneai.save_credit_order(%s, %s, %s, null)",
                    *(each.id, our_id("order", "razorpay", each.ref), each.ref),
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
            "select provider_subscription_id from oneai.subscriptions "
            "where workspace_id = %s and status = 'none' and access_ends_at is null",
            user.id,
        )
        for ref in unpaid:
            events = [each for each in user.life.engine.events if each.subscription_id == ref]
            assert await self.tell(next(each for each in events if each.name == "subscription.charged")) == "applied"

    def _keep(self, user: User, row: Ours) -> None:
        self.database.rows(
            "insert into oneai.subscriptions (id, workspace_id, plan_id, status, payment_provider, "
            "provider_subscription_id, provider_plan_id, period, currency, amount, created_at, replaces, "
            "start_at, trial_end, quantity) "
            "values (%s, %s, %s, 'none', 'razorpay', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            *(row.id, user.id, row.tier, row.ref, row.plan_ref, row.period, row.currency, row.amount),
            *(row.created_at, row.replaces, row.start_at, row.trial_end, row.quantity),
        )

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

    async def tell(self, event: Event) -> str:
        """Sends the event as a webhook with signed bytes. Returns its state."""
        body = event.body.encode()
        headers = {
            "X-Razorpay-Signature": webhook_signature(SECRET, body),
            "x-razorpay-event-id": event.event_id,
        }
        return (await webhook.receive_webhook("razorpay", body, headers)).status

    async def reconcile(self, user: User) -> None:
        """Syncs a user's subscriptions, as the job does."""
        for row in user.life.rows:
            await processing.ingest(
                await provider.fetch_subscription(row.ref, with_payments=True), source="reconciliation"
            )
        for ref in user.life.orders:
            await processing.ingest(await provider.fetch_order(ref), source="reconciliation")
        await self.let_time_count(user)

    async def ask_about_mandates(self, user: User) -> None:
        """Syncs a user's mandate before the first charge, as the job does to begin a trial."""
        for row in user.life.rows:
            if row.trial_end is not None:
                seen = await provider.fetch_subscription(row.ref, with_payments=False, with_mandate=True)
                await processing.ingest(seen, source="reconciliation")

    async def let_time_count(self, user: User) -> None:
        """Applies changes by time alone, as the job does when they are due."""
        await processing.reproject(user.id, source="clock")

    async def answer(self, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """The provider's answer about a user at this moment."""
        given = {name: str(value) for name, value in (params or {}).items()}
        (named,) = set(_ID.findall(f"{path} {given}"))
        life = self.record[named]
        if self.now < life.engine.now:
            life = lived(life.history, life.seed, self.now)
        return dict(queries.answer(life.engine, path, given))


@asynccontextmanager
async def crowded(database: Database) -> AsyncIterator[Crowd]:
    """A crowd over this database; it ends with the `async with`."""
    crowd = Crowd(database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database.url("oneai_app"))
        patch.setenv("DATABASE_POOL_SIZE", str(AT_ONCE))
        patch.setenv("RAZORPAY_WEBHOOK_SECRET", SECRET)
        patch.setattr(razorpay, "get", crowd.answer)
        webhooks_take_their_time(patch)
        settings.reset_cache()
        for (tier, period, currency), (amount, plan_ref) in PLANS.items():
            row = (plan_ref, tier, period, currency, amount)
            database.rows("select oneai.remember_price('razorpay', %s, %s, %s, %s, %s)", *row)
        try:
            yield crowd
        finally:
            await db.close()
            settings.reset_cache()


def checkpoints(life: BillingScenario) -> list[int]:
    """When events come and questions are asked: twice on the way, and at the end."""
    span = life.engine.now - START
    return [START + span * 2 // 5, START + span * 7 // 10, life.engine.now]


@dataclass
class Way:
    """In which way the events of a user arrive: at each checkpoint these, in this order."""

    stages: list[list[Event]]
    lossy: bool


def right_way(life: BillingScenario) -> Way:
    """Everything in order, at the first checkpoint after it happened."""
    stages: list[list[Event]] = []
    before = 0
    for at in checkpoints(life):
        stages.append([each for each in life.engine.events if before < each.created_at <= at])
        before = at
    return Way(stages, lossy=False)


def some_way(life: BillingScenario, number: int, chance: random.Random) -> Way:
    """Shuffled, some of it late, some of it twice, and often some or all of it never: fifteen of consecutive numbers
    have every loss with every lateness."""
    loss = [0, 0, 0.2, 0.5, 1][number % 5]
    lateness = [0, 0.3, 0.8][number % 3]
    stages: list[list[Event]] = [[] for _ in checkpoints(life)]
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
    order = {each.event_id: place for place, each in enumerate(life.engine.events)}
    found = {
        "lost": set().union(*due) - set().union(*stages),
        "late": any(set(events) - stage for events, stage in zip(stages, due, strict=True)),
        "twice": any(len(set(events)) < len(events) for events in stages),
        "shuffled": any(events != sorted(events, key=order.__getitem__) for events in stages),
    }
    return {disorder for disorder, wrong in found.items() if wrong}


def _may_be_lost(life: BillingScenario, event: Event) -> bool:
    """Whether the provider, asked at the end, says the same."""
    if event.name not in TOLD_ONCE:
        return True
    there = life.engine.subscription(str(event.subscription_id))["status"] if event.subscription_id else None
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
