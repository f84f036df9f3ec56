"""A team whose owners buy seats over HTTP and pay at the stand-in."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from oneai import settings
from oneai.clients import razorpay
from oneai.plans.limits_and_prices import PLANS
from tests.billing.invoices.issuing import ASHA
from tests.world import World

TEAM: dict[str, Any] = {"plan_id": "team", "period": "monthly", "currency": "INR", "seats": 5}
PRICE = 699_00
SMALL = PLANS["team"].quotas["small_messages"].limit
SEATS = "select seats from oneai.workspaces where id = %s"
POOL = "select quota_limit from oneai.usage_quotas where workspace_id = %s and quota_key = 'small_messages'"


@dataclass
class Buyers:
    """A team whose owners buy for it."""

    world: World
    team: UUID

    async def send(self, method: str, path: str, body: Any = None, who: str = "asha") -> httpx.Response:
        """A request in the team's workspace."""
        headers = self.world.headers(who, **{"oneai-workspace": str(self.team)})
        return await self.world.http.request(method, path, json=body, headers=headers)

    async def create(self, who: str = "asha", **terms: Any) -> httpx.Response:
        """`POST /subscription/create`, five seats by the month unless said otherwise."""
        return await self.send("POST", "/subscription/create", {**TEAM, **terms}, who)

    async def subscribe(self, who: str = "asha", **terms: Any) -> Mapping[str, Any]:
        """A checkout that was paid."""
        details = await self.send("PUT", "/subscription/billing-details", ASHA, who)
        assert details.is_success, details.text
        created = await self.create(who, **terms)
        assert created.status_code == 201, created.text
        await self.authorize(created.json(), who)
        return created.json()  # type: ignore[no-any-return]

    async def authorize(self, checkout: Mapping[str, Any], who: str = "asha") -> None:
        """Pays or authorizes a subscription on its page."""
        self.world.database.advance(1)
        proof = await self.world.check_out(checkout["short_url"])
        verified = await self.send("POST", "/subscription/verify", proof, who)
        assert verified.is_success, verified.text

    async def change(self, who: str = "asha", **body: Any) -> httpx.Response:
        """`POST /subscription/update`."""
        return await self.send("POST", "/subscription/update", body, who)

    async def pay_order(self, order: Mapping[str, Any], *, verify: bool = True) -> str:
        """Pays for added seats in the checkout; the payment's ref."""
        self.world.database.advance(1)
        async with self.world.razorpay.session() as engine:
            paid = str(engine.pay_order(order["order_id"])["id"])
        if verify:
            signature = razorpay_signature(order["order_id"], paid)
            proof = {"razorpay_order_id": order["order_id"], "razorpay_payment_id": paid}
            verified = await self.send("POST", "/subscription/verify", proof | {"razorpay_signature": signature})
            assert verified.is_success, verified.text
        return paid

    async def subscription(self) -> Mapping[str, Any]:
        """`GET /subscription`."""
        answer = await self.send("GET", "/subscription")
        assert answer.is_success, answer.text
        return answer.json()  # type: ignore[no-any-return]

    @property
    def seats(self) -> int:
        """The team's seats."""
        return int(self.world.database.one(SEATS, self.team))

    @property
    def pool(self) -> int:
        """The limit of the team's small messages."""
        return int(self.world.database.one(POOL, self.team))


def razorpay_signature(order: str, payment: str) -> str:
    """What Razorpay's checkout signs for an order."""
    secret = settings.read(razorpay.RazorpaySettings).razorpay_key_secret
    return hmac.new(secret.encode(), f"{order}|{payment}".encode(), hashlib.sha256).hexdigest()
