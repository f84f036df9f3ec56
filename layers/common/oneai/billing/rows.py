"""What is written to the database, as `oneai.upsert_facts` and `oneai.save_projection` read it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from oneai.billing.merge import Changes, rank
from oneai.billing.projection import payments
from oneai.billing.projection.effects import ProviderOperation, alerts
from oneai.billing.projection.project import BillingState
from oneai.billing.record import FOREVER, BillingRecord, Payment, Subscription

type Terms = Callable[[str], Mapping[str, Any]]


def facts(known: BillingRecord, noted: Changes) -> dict[str, Any]:
    """The facts that became different."""
    return {
        "subscriptions": [_noted(known.subscriptions[ours]) for ours in sorted(noted.subscriptions, key=str)],
        "payments": [_paid(known.payments[ref]) for ref in sorted(noted.payments)],
        "refunds": [
            {
                "id": each.id,
                "payment_id": each.payment_id,
                "ref": each.ref,
                "amount": each.amount,
                "status": each.status,
                "at": each.at,
                "call_id": each.call_id,
            }
            for each in (known.refunds[ref] for ref in sorted(noted.refunds))
        ],
        "disputes": [asdict(known.disputes[ref]) for ref in sorted(noted.disputes)],
        "marks": [
            {"subscription_id": mark.subscription_id, "kind": mark.kind, "at": mark.at, "detail": _detail(mark.n)}
            for mark in (known.marks[key] for key in sorted(noted.marks, key=str))
        ],
    }


def follows(known: BillingRecord, noted: Changes, found: BillingState, terms: Terms) -> dict[str, Any]:
    """Where a person stands. `terms`: what an invoice has to say of the seller, with its description."""
    current = found.subscription_id
    return {
        "tier": found.tier,
        "status": found.status,
        "subscription_id": current,
        "since": found.share.since,
        "anchor": found.share.anchor,
        "subscriptions": [_subscription(known, found, each) for each in known.subscriptions.values()],
        "payments": [_payment(known, found, each) for each in known.payments.values()],
        "history": [asdict(each) for each in found.history],
        "calls": [_call(known, each) for each in found.calls],
        "mails": [asdict(each) for each in found.mails],
        "trials": _trials(found),
        "invoices": [
            {"payment_id": charge.payment.id, "terms": terms(f"{charge.tier.capitalize()}, {_period(known, charge)}")}
            for charge in sorted(found.documented, key=lambda each: (each.at, each.payment.ref))
            if charge.payment.id not in known.invoiced
        ],
        "alerts": [asdict(each) for each in alerts(known, noted)],
    }


def plain(value: object) -> Any:
    """What JSON has no word for: for `json.dumps(…, default=plain)`."""
    match value:
        case datetime():
            return "infinity" if value == FOREVER else value.isoformat()
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case frozenset() | set():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _noted(subscription: Subscription) -> dict[str, Any]:
    snapshot = subscription.snapshot
    return {
        "id": subscription.id,
        "ref": subscription.ref,
        "snapshot": None if snapshot is None else asdict(snapshot),
        "rank": None if snapshot is None else rank(snapshot),
        "seen": asdict(subscription.seen),
        "instrument": subscription.instrument,
        "instrument_at": subscription.instrument_at,
    }


def _detail(n: int | None) -> dict[str, int]:
    return {} if n is None else {"n": n}


def _paid(payment: Payment) -> dict[str, Any]:
    captured = payment.status == "captured"
    told = asdict(payment)
    for name in ("quarantined_at", "released_at"):
        del told[name]
    return told | {"captured_at": payment.at if captured else None}


def _subscription(known: BillingRecord, found: BillingState, subscription: Subscription) -> dict[str, Any]:
    state, course = found.states[subscription.id], found.courses[subscription.id]
    price, snapshot = payments.current_price(known, subscription), subscription.snapshot
    superseded = course.why in ("replaced", "duplicate")
    return {
        "id": subscription.id,
        "status": state.status,
        "tier": subscription.tier if price is None else price.tier,
        "period": subscription.period if price is None else price.period,
        "currency": subscription.currency if price is None else price.currency,
        "amount": subscription.amount if price is None else price.amount,
        "quantity": subscription.quantity if snapshot is None else snapshot.quantity,
        "plan_ref": subscription.plan_ref if price is None else price.plan_ref,
        "offer_ref": subscription.offer_ref,
        "short_url": (snapshot.short_url if snapshot is not None else None) or subscription.short_url,
        "expires_at": (snapshot.expires_at if snapshot is not None else None) or subscription.expires_at,
        "start_at": subscription.start_at,
        "period_start": state.period_start,
        "period_end": state.period_end,
        "cancelled_at": state.cancelled_at,
        "superseded_at": course.cut_at if superseded else None,
        "trial_start": state.trial_start,
        "next_sync_at": state.next_sync_at,
    }


def _payment(known: BillingRecord, found: BillingState, payment: Payment) -> dict[str, Any]:
    """`status` as people see it: what went back in full, and what is in dispute, is so called."""
    subscription = known.subscriptions[payment.subscription_id]
    back = payments.given_back(known, payment)
    status: str = payment.status
    if status == "captured" and payments.disputed(known, payment):
        status = "disputed"
    elif status == "captured" and back == payment.amount and back:
        status = "refunded"
    return {
        "id": payment.id,
        "quarantined": payment.ref in found.quarantined,
        "tier": payments.tier_of(known, subscription, payment) if payment.status == "captured" else None,
        "status": status,
        "refunded": back,
    }


def _call(known: BillingRecord, call: ProviderOperation) -> dict[str, Any]:
    """Operators know things by the provider's names."""
    refs = {each.id: each.ref for each in known.payments.values()}
    subject = refs.get(call.payment_id) if call.payment_id is not None else None
    return asdict(call) | {"subject": subject or known.subscriptions[call.subscription_id].ref}


def _trials(found: BillingState) -> list[dict[str, Any]]:
    """The trial that was granted, and with which instrument."""
    return [
        {
            "subscription_id": course.subscription.id,
            "started_at": course.trial.started_at,
            "instrument": course.subscription.instrument,
        }
        for course in found.courses.values()
        if course.trial is not None
    ]


def _period(known: BillingRecord, charge: payments.PaidPeriod) -> str:
    """`monthly subscription`, as the invoice's line says it."""
    subscription = known.subscriptions[charge.payment.subscription_id]
    price = payments.current_price(known, subscription)
    every = (price.period if price is not None else subscription.period) or "monthly"
    return f"{every} subscription"
