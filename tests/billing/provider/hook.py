"""The webhook as Razorpay reaches it: the real function behind a gateway on a socket, over a database."""

import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from local.data_folder import REPOSITORY
from local.gateway import Gateway
from local.template import read
from oneai import settings
from oneai.postgres import db
from tests.billing.provider.signing import WEBHOOK_SECRET, signed
from tests.patience import PATIENCE, webhooks_take_their_time
from tests.served import served
from tests.world import Database

JSON = {"content-type": "application/json"}
SUB, PLAN = "sub_OneAI0000000001", "plan_OneAI000000001"
NOVEMBER = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)


@dataclasses.dataclass
class Hook:
    """Sends events to the webhook, and reads their state."""

    database: Database
    http: httpx.AsyncClient

    async def send(
        self,
        body: bytes,
        event_id: str | None = "evt_1",
        *,
        signature: str | None = None,
        secret: str = WEBHOOK_SECRET,
        kind: dict[str, str] = JSON,
    ) -> httpx.Response:
        """Sends an event with these bytes, signed unless it has another signature; "" is none at all."""
        sent = signed(body, secret) if signature is None else signature
        headers = dict(kind)
        if sent:
            headers["X-Razorpay-Signature"] = sent
        if event_id is not None:
            headers["X-Razorpay-Event-Id"] = event_id
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return await self.http.post("/api/webhooks/razorpay", content=body, headers=raw)

    async def deliver(self, body: bytes, event_id: str | None = "evt_1", **more: Any) -> str:
        """The state of an accepted event."""
        answer = await self.send(body, event_id, **more)
        assert answer.status_code == 200, answer.text
        assert answer.json().keys() == {"status"}
        return str(answer.json()["status"])

    @property
    def stored(self) -> list[str]:
        """The events that are stored."""
        return self.database.rows("select event_id from oneai.provider_events order by received_at, event_id")

    def state(self, event_id: str = "evt_1") -> str:
        """The state of one of them."""
        state: str = self.database.one("select state from oneai.provider_events where event_id = %s", event_id)
        return state

    def alerts(self) -> list[str]:
        """The kinds of all alerts."""
        return self.database.rows("select kind from oneai.operator_alerts order by kind")

    def subscriber(self, ref: str, plan_ref: str, amount: int, *, tier: str = "pro") -> UUID:
        """A user who has opened this subscription and not paid yet."""
        user = self.database.user(f"{uuid4().hex}@example.com")
        self.database.rows(
            "insert into oneai.prices (payment_provider, provider_plan_id, tier, period, currency, amount) "
            "values ('razorpay', %s, %s, 'monthly', 'INR', %s) on conflict do nothing",
            plan_ref,
            tier,
            amount,
        )
        self.database.rows(
            "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider, "
            "provider_subscription_id, period, currency, amount, provider_plan_id) "
            "values (%s, %s, 'none', 'razorpay', %s, 'monthly', 'INR', %s, %s)",
            user,
            tier,
            ref,
            amount,
            plan_ref,
        )
        return user

    def tier_and_status(self, user: UUID) -> tuple[str, str]:
        """Tier and status."""
        tier, status = self.database.one(
            "select subscription_tier, subscription_status from oneai.workspaces where id = %s", user
        )
        return tier, status

    def go_to(self, moment: datetime) -> None:
        """Moves the stack's one clock there."""
        now = self.database.one("select oneai.now()")
        self.database.advance((moment - now).total_seconds())


def charge(
    ref: str = SUB,
    *,
    payment: str = "pay_OneAI0000000001",
    amount: int = 79_900,
    start: datetime = NOVEMBER,
    paid_count: int = 1,
) -> bytes:
    """A charge as it comes over the wire, for a month of thirty days."""
    at = int(start.timestamp())
    document = {
        "entity": "event",
        "account_id": "acc_OneAI0000000001",
        "event": "subscription.charged",
        "contains": ["subscription", "payment"],
        "payload": {
            "subscription": {
                "entity": {
                    "id": ref,
                    "entity": "subscription",
                    "plan_id": "plan_OneAI000000001",
                    "status": "active",
                    "current_start": at,
                    "current_end": at + 30 * 86_400,
                    "ended_at": None,
                    "quantity": 1,
                    "notes": [],
                    "charge_at": at + 30 * 86_400,
                    "start_at": at,
                    "auth_attempts": 0,
                    "total_count": 120,
                    "paid_count": paid_count,
                    "created_at": at - 60,
                    "expire_by": None,
                    "short_url": None,
                    "offer_id": None,
                }
            },
            "payment": {
                "entity": {
                    "id": payment,
                    "entity": "payment",
                    "amount": amount,
                    "currency": "INR",
                    "status": "captured",
                    "order_id": f"order_{payment[4:]}",
                    "invoice_id": f"inv_{payment[4:]}",
                    "method": "upi",
                    "vpa": "asha@upi",
                    "amount_refunded": 0,
                    "captured": "1",
                    "notes": [],
                    "created_at": at,
                }
            },
        },
        "created_at": at + 90,
    }
    return json.dumps(document, separators=(",", ":")).encode()


@asynccontextmanager
async def hooked(database: Database, environment: pytest.MonkeyPatch, url: str | None = None) -> AsyncIterator[Hook]:
    """The webhook over `database`; `url` is another way to it."""
    environment.setenv("DATABASE_URL", url or database.url("oneai_app"))
    environment.setenv("DATABASE_POOL_SIZE", "8")
    environment.setenv("SITE_URL", "https://oneai.example")
    webhooks_take_their_time(environment)
    settings.reset_cache()
    template = read(REPOSITORY / "template.yaml")
    function = template.function("webhooks")
    assert function is not None
    gateway = Gateway(dataclasses.replace(template, functions=(function,), routes=(), triggers=()))
    try:
        async with served(lambda _: gateway) as address, httpx.AsyncClient(base_url=address, timeout=PATIENCE) as http:
            yield Hook(database, http)
    finally:
        await db.close()
