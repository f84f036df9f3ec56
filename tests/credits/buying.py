"""A person who buys credits over HTTP and pays at the stand-in."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from oneai.billing import reconcile_subscriptions
from oneai.billing.facts import our_id
from tests.billing.invoices.issuing import ASHA
from tests.billing.subscriptions.buyers import razorpay_signature
from tests.world import Database, World

DOLLAR = 1_000_000
TEN, FIFTY = 99_900, 499_900


@dataclass
class Buyer:
    """One person, who buys for the personal workspace or for the team `workspace`."""

    world: World
    who: str = "asha"
    workspace: UUID | None = None

    @property
    def account(self) -> UUID:
        """The workspace that pays."""
        return self.workspace or self.world.people[self.who]

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request in the workspace."""
        named = {} if self.workspace is None else {"oneai-workspace": str(self.workspace)}
        return await self.world.http.request(
            method, path, json=body, headers=self.world.headers(self.who, **named, **headers)
        )

    async def live_at(self, address: str = "", **details: str) -> None:
        """Billing details; by default each buyer has an address of their own."""
        lives = {**ASHA, "address": address or f"1 {self.who} Road", **details}
        saved = await self.send("PUT", "/subscription/billing-details", lives)
        assert saved.is_success, saved.text

    async def order(self, key: str | None = None, **terms: Any) -> httpx.Response:
        """`POST /credits/purchase`, the package of ten dollars in rupees unless said otherwise."""
        what = {} if "amount" in terms else {"package_id": "credits_10"}
        return await self.send(
            "POST",
            "/credits/purchase",
            {**what, "currency": "INR", **terms},
            **{"idempotency-key": key or str(uuid4())},
        )

    async def ordered(self, **terms: Any) -> dict[str, Any]:
        """An order that was opened."""
        answer = await self.order(**terms)
        assert answer.status_code == 201, answer.text
        opened: dict[str, Any] = answer.json()
        return opened

    async def pay(self, order: dict[str, Any], *, instrument: str | None = None, verify: bool = True) -> str:
        """Pays an order; the payment's ref. Without `verify` only the provider knows. Dollars are paid by a card of
        another country, where the buyer lives."""
        self.world.database.advance(1)
        ref = order["checkout"]["order_id"]
        method = "card" if order.get("currency", "INR") == "INR" else "foreign_card"
        async with self.world.razorpay.session() as engine:
            paid = str(engine.pay_order(ref, method, instrument=instrument)["id"])
        if verify:
            await self.verify(ref, paid)
        return paid

    async def outcome(self, order: dict[str, Any]) -> tuple[str, str | None]:
        """What became of an order: its state, and why its payment was refused."""
        answer = await self.send("GET", f"/credits/purchase?order_id={order['order_id']}")
        assert answer.is_success, answer.text
        found = answer.json()
        assert (found["grant_id"] is not None) is (found["state"] == "paid")
        return found["state"], found["refused"]

    async def verify(self, ref: str, paid: str) -> None:
        """Confirms a payment as the checkout's page does."""
        proof = {"razorpay_order_id": ref, "razorpay_payment_id": paid}
        verified = await self.send(
            "POST", "/subscription/verify", proof | {"razorpay_signature": razorpay_signature(ref, paid)}
        )
        assert verified.is_success, verified.text

    async def buy(self, *, instrument: str | None = None, **terms: Any) -> str:
        """An order that was paid; the payment's ref."""
        return await self.pay(await self.ordered(**terms), instrument=instrument)

    async def balance(self) -> dict[str, Any]:
        """`GET /credits/balance`."""
        answer = await self.send("GET", "/credits/balance")
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def available(self) -> int:
        """What can be used now, in whole dollars and no less."""
        return int((await self.balance())["available_micro_usd"])

    def grant_of(self, payment: str) -> UUID:
        """The grant that a payment made."""
        found: UUID = self.world.database.one(
            "select g.id from oneai.credit_grants as g join oneai.payments as p on p.id = g.id "
            "where p.provider_payment_id = %s",
            payment,
        )
        return found

    async def settle_all(self) -> None:
        """The job runs, and what it asked of the provider arrives."""
        await reconcile_subscriptions()
        await self.world.razorpay.catch_up()
        await reconcile_subscriptions()


def insert_purchase(database: Database, workspace: UUID) -> UUID:
    """Ten dollars of credits that were bought for rupees a moment ago; their grant, which is the payment."""
    ref, paid = f"order_{uuid4().hex[:14]}", f"pay_{uuid4().hex[:14]}"
    order, payment = our_id("order", "razorpay", ref), our_id("payment", "razorpay", paid)
    database.rows(
        "insert into oneai.orders (id, workspace_id, payment_provider, provider_order_id, amount, currency, "
        "description) values (%s, %s, 'razorpay', %s, %s, 'INR', 'Prepaid credits, USD 10.00')",
        *(order, workspace, ref, TEN),
    )
    database.rows(
        "insert into oneai.credit_orders (id, workspace_id, credit_micro_usd, bonus_micro_usd, listed, amount, tax, "
        "currency, description, payment_provider, order_id, address_hash, expires_at, paid_at, payment_id) "
        "values (%s, %s, %s, 0, %s, %s, 0, 'INR', 'Prepaid credits, USD 10.00', 'razorpay', %s, sha256(%s), "
        "oneai.now() + interval '1 hour', oneai.now(), %s)",
        *(order, workspace, 10 * DOLLAR, TEN, TEN, order, str(workspace).encode(), payment),
    )
    database.rows("insert into oneai.credit_payments (payment_id, credit_order_id) values (%s, %s)", payment, order)
    database.rows(
        "insert into oneai.payments (id, workspace_id, order_id, payment_provider, provider_payment_id, amount, "
        "currency, status, captured_at, created_at) "
        "values (%s, %s, %s, 'razorpay', %s, %s, 'INR', 'captured', oneai.now(), oneai.now())",
        *(payment, workspace, order, paid, TEN),
    )
    database.rows(
        "select oneai.grant_credits(%s, %s, 'paid', %s, oneai.now() + interval '1 year')",
        *(workspace, payment, 10 * DOLLAR),
    )
    return payment
