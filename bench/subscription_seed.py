"""Creates subscribers, and Razorpay's five events of one charge."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from bench.stack import Stack
from oneai.billing.providers.razorpay import NAME

SIGNED_WITH = "the webhook's secret"

PLAN = "plan_bench000000000"
AMOUNT = 79_900
KINDS = (
    "payment.authorized",
    "payment.captured",
    "invoice.paid",
    "subscription.activated",
    "subscription.charged",
)
MONTH = 30 * 86_400


def subscribers(running: Stack, count: int) -> list[str]:
    """Creates users with one unpaid subscription each. Returns the ids of the subscriptions at Razorpay."""
    people = running.people(count)
    refs = [f"sub_{user.id.hex[:14]}" for user in people]
    running.rows(
        "insert into oneai.prices (payment_provider, provider_plan_id, tier, period, currency, amount) "
        "values (%s, %s, 'pro', 'monthly', 'INR', %s) on conflict do nothing",
        NAME,
        PLAN,
        AMOUNT,
    )
    running.rows(
        "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider, provider_subscription_id, "
        "period, currency, amount, provider_plan_id) "
        "select payer, 'pro', 'none', %s, ref, 'monthly', 'INR', %s, %s "
        "from unnest(%s::uuid[], %s::text[]) as opened (payer, ref)",
        NAME,
        AMOUNT,
        PLAN,
        [user.id for user in people],
        refs,
    )
    return refs


def events_of_charge(ref: str) -> dict[str, bytes]:
    """The events of the first charge of a subscription, by name and in order."""
    now = int(datetime.now(UTC).timestamp())
    name: str = ref.removeprefix("sub_")
    payment = {
        "id": f"pay_{name}",
        "entity": "payment",
        "amount": AMOUNT,
        "currency": "INR",
        "status": "captured",
        "order_id": f"order_{name}",
        "invoice_id": f"inv_{name}",
        "method": "upi",
        "vpa": f"{name}@upi",
        "amount_refunded": 0,
        "captured": "1",
        "notes": [],
        "created_at": now,
    }
    subscription = {
        "id": ref,
        "entity": "subscription",
        "plan_id": PLAN,
        "status": "active",
        "current_start": now,
        "current_end": now + MONTH,
        "ended_at": None,
        "quantity": 1,
        "notes": [],
        "charge_at": now + MONTH,
        "start_at": now,
        "auth_attempts": 0,
        "total_count": 120,
        "paid_count": 1,
        "created_at": now - 60,
        "expire_by": None,
        "short_url": None,
        "offer_id": None,
    }
    invoice = {
        "id": f"inv_{name}",
        "entity": "invoice",
        "order_id": f"order_{name}",
        "payment_id": f"pay_{name}",
        "subscription_id": ref,
        "status": "paid",
        "amount": AMOUNT,
        "currency": "INR",
        "line_items": [{"type": "plan", "amount": AMOUNT}],
        "billing_start": now,
        "billing_end": now + MONTH,
    }
    whole = {"subscription": subscription, "payment": payment}
    contents: tuple[dict[str, Any], ...] = (
        {"payment": {**payment, "status": "authorized"}},
        {"payment": payment},
        {"payment": payment, "invoice": invoice},
        whole,
        whole,
    )
    return {kind: _event(kind, entities, now) for kind, entities in zip(KINDS, contents, strict=True)}


class AtRazorpay:
    """Subscribers who were charged by Razorpay, and its events."""

    name: str = NAME
    kinds: tuple[str, ...] = KINDS

    def subscribers(self, running: Stack, count: int) -> list[str]:
        """Creates users with one unpaid subscription each."""
        return subscribers(running, count)

    def events_of_charge(self, subscriber: str) -> dict[str, bytes]:
        """The events of the first charge, by kind and in order."""
        return events_of_charge(subscriber)

    def headers(self, body: bytes) -> dict[str, str]:
        """The signature, and an id of its own for each event."""
        signature = hmac.new(SIGNED_WITH.encode(), body, hashlib.sha256).hexdigest()
        return {"x-razorpay-signature": signature, "x-razorpay-event-id": hashlib.sha256(body).hexdigest()}

    async def fetch_of(self, kind: str, subscriber: str) -> int:  # noqa: ARG002  as at the others
        """Nothing: Razorpay's events of a charge prove it."""
        return 0


def _event(kind: str, entities: dict[str, Any], at: int) -> bytes:
    return json.dumps(
        {
            "entity": "event",
            "account_id": "acc_bench000000000",
            "event": kind,
            "contains": list(entities),
            "payload": {name: {"entity": entity} for name, entity in entities.items()},
            "created_at": at,
        },
        separators=(",", ":"),
    ).encode()
