"""A buyer at Stripe's stand-in: the real webhook function behind a gateway, over a database and real HTTP."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from local.clock import Clock
from local.data_folder import REPOSITORY
from local.gateway import Gateway
from local.template import read
from oneai import settings
from oneai.billing import processing, reconcile
from oneai.billing.facts import Observation
from oneai.billing.providers import stripe as provider
from oneai.billing.providers.face import OrderCheckout, SubscriptionCheckout
from oneai.clients import stripe as client
from oneai.postgres import db
from stand_ins import stripe
from stand_ins.payments.state import JsonObject
from tests.patience import PATIENCE, webhooks_take_their_time
from tests.served import served
from tests.world import Database

OK, DECLINED, LATER, BANK = "4242424242424242", "4000000000009995", "4000000000000341", "000123456789"
PRICE, AMOUNT = "price_1OneAIProMonthly00000001", 900


@dataclass
class Buyer:
    """One workspace, and everything that happens to its subscription."""

    database: Database
    simulator: stripe.Simulator
    http: httpx.AsyncClient
    switches: httpx.AsyncClient
    workspace: UUID

    async def open(self, *, seats: int = 1, start_at: datetime | None = None) -> tuple[UUID, str]:
        """An unpaid subscription to Pro by the month in dollars: our id, and Stripe's page."""
        (ours,) = self.database.rows(
            "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider, period, currency, "
            "amount, provider_plan_id, quantity, start_at, expires_at) "
            "values (%s, 'pro', 'none', 'stripe', 'monthly', 'USD', %s, %s, %s, %s, oneai.now() + interval '1 day') "
            "returning id",
            *(self.workspace, AMOUNT, PRICE, seats, start_at),
        )
        (expires_at,) = self.database.rows("select expires_at from oneai.subscriptions where id = %s", ours)
        snapshot = await provider.open_checkout(
            SubscriptionCheckout(
                our_id=ours,
                workspace_id=self.workspace,
                plan_ref=PRICE,
                quantity=seats,
                amount=AMOUNT,
                currency="USD",
                period="monthly",
                charges=120,
                start_at=start_at,
                expires_at=expires_at,
                return_url="https://oneai.example/plan",
            )
        )
        assert snapshot.short_url is not None
        await db.call("select oneai.save_checkout(%s, %s, %s)", [ours, snapshot.ref, snapshot.short_url])
        await processing.ingest(Observation(snapshots=(snapshot,)), source="request")
        return ours, snapshot.short_url

    async def subscribe(self, card: str = OK, *, seats: int = 1) -> UUID:
        """A subscription that is paid and whose events came; our id."""
        ours, page = await self.open(seats=seats)
        paid = await self.http.post(page, data={"card": card})
        assert paid.status_code == 303, paid.text
        await self.simulator.catch_up()
        return ours

    async def order(self, amount: int = 5_000) -> tuple[str, str]:
        """An order of credits that is not paid: its ref, and Stripe's page."""
        order = await provider.open_order(
            OrderCheckout(
                order_id=UUID(int=self.simulator.engine.account.counter),
                workspace_id=self.workspace,
                amount=amount,
                currency="USD",
                description="50 dollars of credits",
                return_url="https://oneai.example/credits",
            )
        )
        assert order.page_url is not None
        return order.ref, order.page_url

    async def after(self, **span: float) -> None:
        """Time passes; what is due happens, and its events come."""
        self.database.advance(timedelta(**span).total_seconds())
        await self.simulator.catch_up()

    async def act(self, path: str, change: JsonObject) -> None:
        """Something happens in Stripe's dashboard or at a bank, and its events come."""
        answer = await self.switches.post(path, json=change)
        assert answer.status_code == 200, answer.text
        await self.simulator.catch_up()

    async def reconcile(self) -> None:
        """The job fetches what is due."""
        await reconcile.reconcile_subscriptions(everything=True)

    def ref(self, ours: UUID) -> str:
        """Stripe's ref of a subscription."""
        ref: str = self.database.one("select provider_subscription_id from oneai.subscriptions where id = %s", ours)
        return ref

    @property
    def tier_and_status(self) -> tuple[str, str]:
        """The workspace's."""
        found: tuple[str, str] = self.database.one(
            "select subscription_tier, subscription_status from oneai.workspaces where id = %s", self.workspace
        )
        return found

    @property
    def payments(self) -> list[tuple[str, int]]:
        """Status and amount of every payment, oldest first."""
        return self.database.rows("select status, amount from oneai.payments order by created_at, id")

    @property
    def payment(self) -> str:
        """The ref of the newest captured payment."""
        ref: str = self.database.rows(
            "select provider_payment_id from oneai.payments where captured_at is not null "
            "order by captured_at desc limit 1"
        )[0]
        return ref

    @property
    def events(self) -> dict[str, int]:
        """How many events are in each state."""
        return dict(self.database.rows("select state, count(*) from oneai.provider_events group by 1"))


@asynccontextmanager
async def buying(database: Database, folder: Path, environment: pytest.MonkeyPatch) -> AsyncIterator[Buyer]:
    """A buyer, until the `async with` ends."""
    for name, value in stripe.keys_of("").items():
        environment.setenv(name, value)
    environment.setenv("DATABASE_URL", database.url("oneai_app"))
    environment.setenv("DATABASE_POOL_SIZE", "8")
    webhooks_take_their_time(environment)
    environment.setattr(processing, "SYNC_SECONDS", PATIENCE)
    settings.reset_cache()
    database.rows("select oneai.set_price('stripe', 'pro', 'monthly', 'USD', %s, %s, %s)", AMOUNT, PRICE, AMOUNT)
    simulator = stripe.Simulator(folder, Clock(database.url("oneai_app")), "", "", seed="tests")
    template = read(REPOSITORY / "template.yaml")
    function = template.function("webhooks")
    assert function is not None
    gateway = Gateway(dataclasses.replace(template, functions=(function,), routes=(), triggers=()))
    gateway.mounts = {
        "/local/stripe": stripe.control_api.create(simulator),
        "/stripe": stripe.create(simulator),
    }

    def make(address: str) -> Any:
        simulator.webhook = f"{address}/api/webhooks/stripe"
        simulator.engine.account.address = f"{address}/stripe"
        return gateway

    workspace = database.user("asha@example.com")
    try:
        async with served(make) as address:
            environment.setenv("STRIPE_BASE_URL", f"{address}/stripe")
            settings.reset_cache()
            async with (
                httpx.AsyncClient(timeout=PATIENCE) as http,
                httpx.AsyncClient(base_url=f"{address}/local/stripe", timeout=PATIENCE) as switches,
            ):
                yield Buyer(database, simulator, http, switches, workspace)
            await client.close()
    finally:
        await simulator.close()
        await db.close()
        settings.reset_cache()
