"""A payment provider that exists in tests only: this folder, and one row for its price.

Its server is the dictionary `THERE`. An event is JSON with the subscription as it is, signed with `SECRET` in a header.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from oneai.billing.facts import Dispute, Event, Observation, Order, Payment, Period, Refund, Snapshot
from oneai.billing.providers.face import (
    Cancel,
    Fetch,
    ListedPayment,
    NotChangeable,
    ObservedPlan,
    Operation,
    OrderCheckout,
    RefundPayment,
    Signature,
    SubscriptionCheckout,
)

from .capabilities import CAPABILITIES

NAME = "made_up"
THERE: dict[str, dict[str, Any]] = {}
_STATUSES: dict[str, Any] = {"open": "none", "paid": "active", "over": "cancelled"}

__all__ = ["CAPABILITIES", "NAME"]


def signed(body: bytes) -> str:
    """The signature of an event."""
    return hmac.new(os.environ["MADE_UP_SECRET"].encode(), body, hashlib.sha256).hexdigest()


def is_configured() -> bool:
    return "MADE_UP_SECRET" in os.environ


def verify(body: bytes, headers: Mapping[str, str]) -> Signature:
    matches = hmac.compare_digest(headers.get("x-made-up", "").encode(), signed(body).encode())
    return Signature() if matches else Signature("another secret")


def event_id(body: bytes, headers: Mapping[str, str]) -> str:
    return str(json.loads(body)["event"])


def observe(event_id: str, body: bytes) -> Event:
    sent = json.loads(body)
    return Event(NAME, event_id, sent["kind"], _moment(sent["at"]), _observed(sent["subscription"], sent["at"]))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _observed(entity: Mapping[str, Any], at: int, *, fetched: bool = False) -> Observation:
    state, paid_at = entity["state"], entity.get("paid_at")
    period = (None, None) if paid_at is None else (_moment(paid_at), _moment(paid_at + 30 * 86_400))
    snapshot = Snapshot(
        NAME,
        entity["id"],
        UUID(entity["ours"]),
        entity["plan"],
        _STATUSES[state],
        _moment(at),
        fetched=fetched,
        ended=state == "over",
        ended_at=_moment(entity["ended_at"]) if state == "over" else None,
        paid_count=0 if paid_at is None else 1,
        period_start=period[0],
        period_end=period[1],
    )
    payments: tuple[Payment, ...] = ()
    if paid_at is not None:
        paid = Payment(NAME, f"{entity['id']}-1", "captured", _moment(paid_at), entity["amount"], "USD", entity["id"])
        payments = (replace(paid, period_start=period[0], period_end=period[1], period_from="invoice"),)
    refunds = tuple(
        Refund(NAME, ref, f"{entity['id']}-1", amount, "processed", _moment(at), UUID(ref))
        for ref, amount in entity.get("refunds", {}).items()
    )
    return Observation((snapshot,), payments, refunds=refunds)


async def fetch(what: Fetch) -> Observation:
    entity = THERE[what.ref.removesuffix("-1") if what.kind == "payment" else what.ref]
    return _observed(entity, entity["at"], fetched=True)


async def list_payments(since: datetime, until: datetime) -> tuple[ListedPayment, ...]:
    paid = [(each, _moment(each["paid_at"])) for each in THERE.values() if "paid_at" in each]
    return tuple(
        ListedPayment(f"{each['id']}-1", at, each["amount"], "USD", refunded=each["state"] == "over")
        for each, at in paid
        if since <= at < until
    )


async def list_refunds(since: datetime, until: datetime) -> tuple[Refund, ...]:
    refunds = (refund for each in THERE.values() for refund in _observed(each, 0).refunds)
    return tuple(each for each in refunds if since <= each.at < until)


async def list_disputes(since: datetime, at: datetime) -> tuple[Dispute, ...]:
    return ()


async def open_checkout(checkout: SubscriptionCheckout) -> Snapshot:
    ref = f"m{len(THERE)}"
    ours, amount = str(checkout.our_id), checkout.amount * checkout.quantity
    THERE[ref] = {"id": ref, "ours": ours, "plan": checkout.plan_ref, "state": "open", "amount": amount, "at": 0}
    return _observed(THERE[ref], 0).snapshots[0]


async def find_checkout(our_id: UUID, plan_ref: str, since: datetime) -> Snapshot | None:
    found = (each for each in THERE.values() if each["ours"] == str(our_id))
    return next((_observed(each, each["at"]).snapshots[0] for each in found), None)


async def is_payable(ref: str) -> bool:
    return True


async def open_order(checkout: OrderCheckout) -> Order:
    return Order(NAME, f"o{checkout.order_id}", checkout.workspace_id, checkout.amount, checkout.currency)


def checkout_options(ref: str, plan_ref: str) -> dict[str, str]:
    return {}


def order_options(ref: str) -> dict[str, str]:
    return {}


async def send(operation: Operation) -> Observation:
    match operation:
        case Cancel(ref, _):
            entity = THERE[ref]
            entity |= {"state": "over", "ended_at": entity["at"]}
        case RefundPayment(payment_ref, amount, _, operation_id):
            entity = THERE[payment_ref.removesuffix("-1")]
            entity.setdefault("refunds", {})[str(operation_id)] = amount
        case _:
            raise NotChangeable("Not here.")
    return _observed(entity, entity["at"], fetched=True)


async def changes_in_place(payment_ref: str) -> bool:
    return False


def proration(more: int, starts: datetime, ends: datetime, at: datetime) -> int:
    return more * (ends - at) // (ends - starts)


async def portal_url(ref: str, short_url: str | None) -> str | None:
    return short_url


async def create_plan(*, tier: str, period: Period, currency: str, amount: int) -> str:
    return f"{tier}-{period}-{currency}-{amount}"


async def list_plans() -> tuple[ObservedPlan, ...]:
    return ()
