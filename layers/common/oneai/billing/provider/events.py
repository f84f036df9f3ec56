"""Razorpay's events in our words: what one event says, whatever it says it contains."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oneai.billing.facts import DisputeSeen, Event, InvoiceSeen, Mark, Observation, PaymentSeen, RefundSeen, Snapshot
from oneai.billing.provider import entities as facts_of
from oneai.billing.provider.entities import Entity

# Only these say that the subscription's current period is the one their payment paid for; a pending one shows the next.
CHARGES = {"subscription.charged", "subscription.activated", "subscription.completed"}
# What we follow. Downtimes, settlements, payment links and whatever comes new are stored, and nothing follows.
FOLLOWED = ("subscription.", "payment.", "invoice.", "refund.", "order.")
NOT_FOLLOWED = ("payment.downtime.",)


def event_of(event_id: str, body: bytes) -> Event:
    """What the event with these raw bytes says. Raises ValueError for what is no event or cannot be understood."""
    told = _read(body)
    kind, payload = facts_of.word(told.get("event")), told.get("payload")
    if kind is None:
        raise ValueError("an event without a name")
    payload = payload if isinstance(payload, dict) else {}
    at = facts_of.moment(told.get("created_at")) or facts_of.moment(payload.get("created_at"))
    entities = {name: _entity(payload.get(name)) for name in ("subscription", "payment", "invoice", "refund", "order")}
    disputed = _entity(payload.get("dispute")) or _entity(payload.get("payment.dispute"))
    followed = kind.startswith(FOLLOWED) and not kind.startswith(NOT_FOLLOWED)
    subscription, payment, invoice = entities["subscription"], entities["payment"], entities["invoice"]
    return Event(
        event_id=event_id,
        kind=kind,
        at=at,
        observed=_observed(kind, at, entities, disputed) if followed else Observation(),
        subscription_ref=_first((subscription, "id"), (invoice, "subscription_id"), (payment, "subscription_id")),
        payment_ref=_first(
            (payment, "id"), (entities["refund"], "payment_id"), (disputed, "payment_id"), (invoice, "payment_id")
        ),
        invoice_ref=_first((invoice, "id"), (payment, "invoice_id")),
    )


def _observed(
    kind: str, at: datetime | None, entities: Mapping[str, Entity | None], disputed: Entity | None
) -> Observation:
    subscription, invoice = entities["subscription"], entities["invoice"]
    snapshots: tuple[Snapshot, ...] = ()
    marks: tuple[Mark, ...] = ()
    if subscription is not None:
        at = at or _made(entities["payment"], subscription)
        snapshots = (facts_of.snapshot(subscription, at),)
        marks = _marks(kind, subscription, at)
    payments: tuple[PaymentSeen, ...] = tuple(each for each in (_payment(kind, entities),) if each is not None)
    invoices: tuple[InvoiceSeen, ...] = (facts_of.invoice(invoice),) if invoice is not None else ()
    refunds: tuple[RefundSeen, ...] = (facts_of.refund(found),) if (found := entities["refund"]) is not None else ()
    disputes: tuple[DisputeSeen, ...] = ()
    if disputed is not None:
        disputes = (facts_of.dispute(disputed, kind.rpartition(".")[2], at or _made(disputed)),)
    return Observation(snapshots, payments, invoices, refunds, disputes, marks)


def _payment(kind: str, entities: Mapping[str, Entity | None]) -> PaymentSeen | None:
    """The payment, with what it paid for where this event knows that."""
    payment, subscription, invoice = entities["payment"], entities["subscription"], entities["invoice"]
    if payment is None:
        return None
    if invoice is not None:
        billed = facts_of.billed(invoice) if invoice.get("status") == "paid" else None
        subscription_ref = facts_of.word(invoice.get("subscription_id"))
        return facts_of.payment(payment, subscription_ref=subscription_ref, period=billed, period_from="invoice")
    if subscription is not None:
        return facts_of.payment(
            payment,
            subscription_ref=facts_of.word(subscription.get("id")),
            period=facts_of.current(subscription) if kind in CHARGES else None,
            period_from="subscription",
        )
    return facts_of.payment(payment)


def _marks(kind: str, subscription: Entity, at: datetime) -> tuple[Mark, ...]:
    """What no later snapshot tells: that a charge failed, that it was paused."""
    ref = facts_of.word(subscription.get("id"))
    assert ref is not None  # noqa: S101  its snapshot has been made
    match kind:
        case "subscription.pending":
            return (Mark(ref, "attempt_failed", at, facts_of.number(subscription.get("auth_attempts"))),)
        case "subscription.halted":
            return (Mark(ref, "halted", at),)
        case "subscription.paused":
            return (Mark(ref, "paused", facts_of.moment(subscription.get("paused_at")) or at),)
        case "subscription.resumed":
            return (Mark(ref, "resumed", at),)
    return ()


def _read(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body, parse_constant=_nonsense)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(told, dict):
        raise ValueError("no JSON object")
    return told


def _nonsense(name: str) -> Any:
    raise ValueError(name)


def _entity(wrapped: object) -> Entity | None:
    """The entity of `{"entity": {…}}`."""
    entity = wrapped.get("entity") if isinstance(wrapped, dict) else None
    return entity if isinstance(entity, dict) else None


def _first(*places: tuple[Entity | None, str]) -> str | None:
    found = (facts_of.word(entity.get(name)) for entity, name in places if entity is not None)
    return next((each for each in found if each is not None), None)


def _made(*entities: Entity | None) -> datetime:
    """When an event that does not say so can have been made at the earliest: it loses against any that does."""
    found = (facts_of.moment(entity.get("created_at")) for entity in entities if entity is not None)
    at = next((each for each in found if each is not None), None)
    if at is None:
        raise ValueError("created_at is missing")
    return at
