"""Operators who make offers to a team, and its owner who pays them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
from psycopg.types.json import Jsonb

from oneai.billing.projection.pool import limits_of_seat
from oneai.plans.limits_and_prices import PLANS
from tests.billing.invoices.issuing import ASHA
from tests.billing.subscriptions.buyers import razorpay_signature
from tests.world import Database, World

AMOUNT = 6_000_000
LIMITS = {"small_messages": 40_000, "storage_bytes": 200_000_000_000}
ACCOUNT = ("INR", "OneAI Pvt Ltd", "HDFC Bank", "50100012345678", "HDFC0000123")


def insert_offer(database: Database, workspace: UUID, **columns: Any) -> UUID:
    """An open offer of Enterprise for a year to this workspace; its id."""
    values: dict[str, Any] = {
        "plan_id": "enterprise",
        "seats": 1,
        "amount": AMOUNT,
        "currency": "INR",
        "months": 12,
        "method": "checkout",
        "description": "Enterprise, 12 months",
        "valid_until": "2100-01-01T00:00:00Z",
        "limits": limits_of_seat(PLANS["enterprise"]),
    }
    made: UUID = database.one(
        "insert into oneai.offers (workspace_id, plan_id, seats, limits, amount, currency, months, method, "
        "description, valid_until) select %s, n.plan_id, n.seats, n.limits, n.amount, n.currency, n.months, n.method, "
        "n.description, n.valid_until from jsonb_populate_record(null::oneai.offers, %s) as n returning id",
        *(workspace, Jsonb(values | columns)),
    )
    return made


@dataclass
class Offering:
    """A team of asha's, and an admin who makes offers to it."""

    world: World
    team: UUID
    admin: str

    def add_account(self) -> None:
        """The operator's bank account for rupees."""
        self.world.database.rows(
            "insert into oneai.bank_accounts (currency, holder, bank, account_number, code) "
            "values (%s, %s, %s, %s, %s)",
            *ACCOUNT,
        )

    async def make(self, **terms: Any) -> httpx.Response:
        """`POST /admin/offers`: Enterprise for a year, forty seats."""
        until = self.world.database.one("select oneai.now() + interval '30 days'")
        body = {
            "reason": "Contract 17",
            "workspace_id": str(self.team),
            "plan_id": "enterprise",
            "seats": 40,
            "limits": LIMITS,
            "amount": AMOUNT,
            "valid_until": until.isoformat(),
            **terms,
        }
        return await self.world.post("/admin/offers", body, self.admin)

    async def made(self, **terms: Any) -> dict[str, Any]:
        """A new offer."""
        answer = await self.make(**terms)
        assert answer.status_code == 201, answer.text
        offer: dict[str, Any] = answer.json()
        return offer

    async def act(self, offer: dict[str, Any], name: str, **fields: Any) -> httpx.Response:
        """An action of the admin on an offer."""
        return await self.world.post(
            f"/admin/offers/{offer['id']}/{name}", {"reason": "Contract 17", **fields}, self.admin
        )

    async def mark_paid(self, offer: dict[str, Any], **fields: Any) -> httpx.Response:
        """`POST /admin/offers/{id}/paid`, a transfer of today."""
        today = self.world.database.one("select (oneai.now() at time zone 'Asia/Kolkata')::date")
        transfer = {
            "amount": AMOUNT,
            "currency": "INR",
            "reference": f"UTR{uuid4().hex[:12]}",
            "received_on": str(today),
        }
        return await self.act(offer, "paid", **{**transfer, **fields})

    async def send(self, method: str, path: str, body: Any = None, who: str = "asha") -> httpx.Response:
        """A request in the team's workspace."""
        headers = self.world.headers(who, **{"oneai-workspace": str(self.team)})
        return await self.world.http.request(method, path, json=body, headers=headers)

    async def accept(self, offer: dict[str, Any], who: str = "asha") -> httpx.Response:
        """`POST /subscription/offers/{id}/accept`, with billing details."""
        await self.send("PUT", "/subscription/billing-details", ASHA, who)
        return await self.send("POST", f"/subscription/offers/{offer['id']}/accept", who=who)

    async def pay(self, order: dict[str, Any]) -> str:
        """Pays the order of an offer in the checkout and confirms it; the payment's ref."""
        self.world.database.advance(1)
        async with self.world.razorpay.session() as engine:
            paid = str(engine.pay_order(order["order_id"])["id"])
        proof = {"razorpay_order_id": order["order_id"], "razorpay_payment_id": paid}
        signature = razorpay_signature(order["order_id"], paid)
        verified = await self.send("POST", "/subscription/verify", proof | {"razorpay_signature": signature})
        assert verified.is_success, verified.text
        return paid

    async def shown(self, offer: dict[str, Any]) -> dict[str, Any]:
        """`GET /admin/offers/{id}`."""
        found: dict[str, Any] = (await self.world.get(f"/admin/offers/{offer['id']}", self.admin)).json()
        return found

    @property
    def standing(self) -> tuple[str, int, int]:
        """The team's plan, its seats, and its limit of small messages."""
        plan, seats = self.world.database.rows(
            "select subscription_tier, seats from oneai.workspaces where id = %s", self.team
        )[0]
        small = self.world.database.one(
            "select quota_limit from oneai.usage_quotas where workspace_id = %s and quota_key = 'small_messages'",
            self.team,
        )
        return plan, seats, small
