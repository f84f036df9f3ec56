"""Reads Razorpay's events as facts, from the entities in an event and not from its list of contents."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oneai.billing.facts import (
    Event,
    LifecycleEvent,
    Observation,
    Payment,
    Snapshot,
)
from oneai.billing.providers.razorpay import entities as parse
from oneai.billing.providers.razorpay.entities import Entity

# Only with these events is the current period the one that the payment paid for; a pending one shows the next.
CHARGES = {"subscription.charged", "subscription.activated", "subscription.completed"}
# Downtimes, settlements, payment links and new kinds are stored, and have no effect.
FOLLOWED = ("subscription.", "payment.", "invoice.", "refund.", "order.")
NOT_FOLLOWED = ("payment.downtime.",)


def event_of(event_id: str, body: bytes) -> Event:
    """Parses the raw bytes of an event. Raises ValueError if they are not an event or cannot be read."""
    event = _read(body)
    kind, payload = parse.word(event.get("event")), event.get("payload")
    if kind is None:
        raise ValueError("an event without a name")
    payload = payload if isinstance(payload, dict) else {}
    at = parse.moment(event.get("created_at")) or parse.moment(payload.get("created_at"))
    entities = {name: _entity(payload.get(name)) for name in ("subscription", "payment", "invoice", "refund", "order")}
    dispute = _entity(payload.get("dispute")) or _entity(payload.get("payment.dispute"))
    followed = kind.startswith(FOLLOWED) and not kind.startswith(NOT_FOLLOWED)
    subscription, payment, invoice = entities["subscription"], entities["payment"], entities["invoice"]
    return Event(
        parse.NAME,
        event_id=event_id,
        kind=kind,
        at=at,
        observation=_observation(kind, at, entities, dispute) if followed else Observation(),
        subscription_ref=_first((subscription, "id"), (invoice, "subscription_id"), (payment, "subscription_id")),
        payment_ref=_first(
            (payment, "id"), (entities["refund"], "payment_id"), (dispute, "payment_id"), (invoice, "payment_id")
        ),
        invoice_ref=_first((invoice, "id"), (payment, "invoice_id")),
    )


def _observation(
    kind: str, at: datetime | None, entities: Mapping[str, Entity | None], dispute: Entity | None
) -> Observation:
    subscription, invoice, payment = entities["subscription"], entities["invoice"], entities["payment"]
    snapshots: tuple[Snapshot, ...] = ()
    lifecycle_events: tuple[LifecycleEvent, ...] = ()
    if subscription is not None:
        at = at or _earliest(payment, subscription)
        snapshots = (parse.snapshot(subscription, at),)
        lifecycle_events = _lifecycle_events(kind, subscription, at)
    order = parse.order(entities["order"]) if entities["order"] is not None else None
    if order is None and payment is not None and subscription is None:
        order = parse.order_of_payment(payment)
    disputes = (parse.dispute(dispute, kind.rpartition(".")[2], at or _earliest(dispute)),) if dispute else ()
    return Observation(
        snapshots=snapshots,
        payments=tuple(each for each in (_payment(kind, entities),) if each is not None),
        invoices=(parse.invoice(invoice),) if invoice is not None else (),
        refunds=(parse.refund(refund),) if (refund := entities["refund"]) is not None else (),
        disputes=disputes,
        lifecycle_events=lifecycle_events,
        orders=(order,) if order is not None else (),
    )


def _payment(kind: str, entities: Mapping[str, Entity | None]) -> Payment | None:
    """The payment, with the period that it paid for if the event contains it."""
    payment, subscription, invoice = entities["payment"], entities["subscription"], entities["invoice"]
    if payment is None:
        return None
    if invoice is not None:
        period = parse.billing_period(invoice) if invoice.get("status") == "paid" else None
        subscription_ref = parse.word(invoice.get("subscription_id"))
        return parse.payment(payment, subscription_ref=subscription_ref, period=period, period_from="invoice")
    if subscription is not None:
        return parse.payment(
            payment,
            subscription_ref=parse.word(subscription.get("id")),
            period=parse.current_period(subscription) if kind in CHARGES else None,
            period_from="subscription",
        )
    return parse.payment(payment)


def _lifecycle_events(kind: str, subscription: Entity, at: datetime) -> tuple[LifecycleEvent, ...]:
    """Facts that no later snapshot shows: a failed charge, a pause."""
    ref = parse.word(subscription.get("id"))
    assert ref is not None  # noqa: S101  its snapshot has been read
    match kind:
        case "subscription.pending":
            return (
                LifecycleEvent(parse.NAME, ref, "attempt_failed", at, parse.number(subscription.get("auth_attempts"))),
            )
        case "subscription.halted":
            return (LifecycleEvent(parse.NAME, ref, "halted", at),)
        case "subscription.paused":
            return (LifecycleEvent(parse.NAME, ref, "paused", parse.moment(subscription.get("paused_at")) or at),)
        case "subscription.resumed":
            return (LifecycleEvent(parse.NAME, ref, "resumed", at),)
    return ()


def _read(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body, parse_constant=_nonsense)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(event, dict):
        raise ValueError("no JSON object")
    return event


def _nonsense(name: str) -> Any:
    raise ValueError(name)


def _entity(wrapped: object) -> Entity | None:
    """The entity of `{"entity": {…}}`."""
    entity = wrapped.get("entity") if isinstance(wrapped, dict) else None
    return entity if isinstance(entity, dict) else None


def _first(*places: tuple[Entity | None, str]) -> str | None:
    words = (parse.word(entity.get(name)) for entity, name in places if entity is not None)
    return next((each for each in words if each is not None), None)


def _earliest(*entities: Entity | None) -> datetime:
    """The earliest possible time of an undated event, so that any dated event wins over it."""
    moments = (parse.moment(entity.get("created_at")) for entity in entities if entity is not None)
    at = next((each for each in moments if each is not None), None)
    if at is None:
        raise ValueError("created_at is missing")
    return at
