"""Reads Stripe's events as facts. What an event does not prove, or what depends on the order of events, is fetched.

An invoice does not name its payment, nor a payment its invoice, so a charge of a subscription is always fetched. So is
all of an event in another API version than ours, whose shapes differ.
"""

import json
from datetime import datetime
from typing import Any

from oneai.billing.facts import Event, LifecycleEvent, Observation, SyncRequest
from oneai.billing.providers.stripe import checkouts, entities
from oneai.billing.providers.stripe import values as read
from oneai.billing.providers.stripe.entities import NAME
from oneai.billing.providers.stripe.values import DEBIT, Entity
from oneai.clients import stripe

# Payment methods, prices, payouts and new kinds are stored, and have no effect.
FOLLOWED = (
    *("customer.subscription.", "checkout.session.", "invoice.", "refund.", "charge.refund.updated"),
    *("charge.dispute.", "payment_intent."),
)
NOT_FOLLOWED = ("customer.subscription.trial_will_end", "invoice.upcoming")
# Only for a renewal's invoice: that of a checkout or a change fails while its payer is there.
_RENEWAL = "subscription_cycle"


def event_of(event_id: str, body: bytes) -> Event:
    """Parses the raw bytes of an event. Raises ValueError if they are not an event or cannot be read."""
    event = _json(body)
    kind = read.word(event.get("type"))
    if kind is None:
        raise ValueError("an event without a name")
    refusal = _refusal(event)
    if refusal is not None:
        return Event(NAME, event_id, f"{kind[:200]} ({refusal})", None)
    at = read.moment(event.get("created"))
    entity = read.inner(read.inner(event, "data"), "object")
    followed = kind.startswith(FOLLOWED) and not kind.startswith(NOT_FOLLOWED)
    observation = Observation()
    if followed and entity:
        known = event.get("api_version") == stripe.API_VERSION
        at = at or read.created_at(entity)
        previous = read.inner(read.inner(event, "data"), "previous_attributes")
        observation = _observation(kind, entity, previous, at) if known else _fetched(kind, entity, at)
    return Event(
        NAME,
        event_id,
        kind=kind,
        at=at,
        observation=observation,
        subscription_ref=_subscription_ref(kind, entity),
        payment_ref=_payment_ref(kind, entity),
        invoice_ref=read.word(entity.get("id")) if kind.startswith("invoice.") else None,
    )


def event_id_of(body: bytes) -> str:
    """The id in an event's body; empty if there is none."""
    try:
        return read.word(_json(body).get("id")) or ""
    except ValueError:
        return ""


def _refusal(event: Entity) -> str | None:
    """Why an event is not followed, in words for operators; None if it is."""
    if event.get("object") == "v2.core.event":
        return "a thin event: make the endpoint send snapshots"
    if event.get("object") != "event":
        raise ValueError("not an event")
    if event.get("account") is not None:
        return "of another account"
    live = event.get("livemode") is True
    if live != stripe.is_live():
        return "a live event, and our key is for tests" if live else "a test event, and our key is live"
    return None


def _observation(kind: str, entity: Entity, previous: Entity, at: datetime) -> Observation:
    if kind.startswith("customer.subscription."):
        return Observation(snapshots=(entities.snapshot(entity, at),), lifecycle_events=_pauses(entity, previous, at))
    if kind.startswith("checkout.session."):
        return _checkout(kind, entity, at)
    if kind.startswith("invoice."):
        return _invoice(kind, entity, at)
    if kind.startswith(("refund.", "charge.refund.")):
        return Observation(refunds=(entities.refund(entity),))
    if kind.startswith("charge.dispute."):
        return Observation(disputes=(entities.dispute(entity, at),))
    return _debit(kind, entity)


def _checkout(kind: str, entity: Entity, at: datetime) -> Observation:
    if entity.get("mode") == "payment":
        order = checkouts.order(entity)
        if order is None:
            return Observation()
        # Who paid it with which card is not in the event.
        paid = () if kind.endswith(".expired") else (SyncRequest(NAME, order.ref, with_payments=True, is_order=True),)
        return Observation(orders=(order,), sync_requests=paid)
    started = checkouts.started_snapshot(entity)
    if started is not None:
        return Observation(snapshots=(started,), sync_requests=(SyncRequest(NAME, started.ref, with_payments=True),))
    opened = checkouts.checkout_snapshot(entity, at)
    return Observation(snapshots=(opened,) if opened is not None else ())


def _invoice(kind: str, entity: Entity, at: datetime) -> Observation:
    ref = entities.subscription_of(entity)
    if ref is None:
        return Observation()
    if kind in ("invoice.paid", "invoice.payment_succeeded"):
        # Without an amount, as in a trial, there is no payment to fetch.
        paid = read.number(entity.get("amount_paid"))
        return Observation(sync_requests=(SyncRequest(NAME, ref, with_payments=True),) if paid else ())
    if kind == "invoice.payment_failed" and entity.get("billing_reason") == _RENEWAL:
        failed = LifecycleEvent(NAME, ref, "attempt_failed", at, read.count(entity, "attempt_count"))
        halted = (LifecycleEvent(NAME, ref, "halted", at),) if entity.get("next_payment_attempt") is None else ()
        # Its charge is shown only until the next attempt.
        attempt = SyncRequest(NAME, ref, with_payments=True)
        return Observation(lifecycle_events=(failed, *halted), sync_requests=(attempt,))
    return Observation()


def _pauses(entity: Entity, previous: Entity, at: datetime) -> tuple[LifecycleEvent, ...]:
    if "pause_collection" not in previous:
        return ()
    paused = isinstance(entity.get("pause_collection"), dict)
    return (LifecycleEvent(NAME, read.required(entity, "id"), "paused" if paused else "resumed", at),)


def _debit(kind: str, entity: Entity) -> Observation:
    """A payment without its payer, which is an order by itself. Other payments are fetched with their checkout or
    their invoice."""
    ended = kind in ("payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled")
    order = checkouts.order(entity) if ended and DEBIT in read.metadata(entity) else None
    if order is None:
        return Observation()
    return Observation(
        orders=(order,), sync_requests=(SyncRequest(NAME, order.ref, with_payments=True, is_order=True),)
    )


def _fetched(kind: str, entity: Entity, at: datetime) -> Observation:
    """What is fetched for an event in another API version. Refunds, disputes and checkouts have kept their shapes."""
    if kind.startswith(("customer.subscription.", "invoice.")):
        ref = _subscription_ref(kind, entity)
        return Observation(sync_requests=(SyncRequest(NAME, ref, with_payments=True),) if ref else ())
    return _observation(kind, entity, {}, at)


def _subscription_ref(kind: str, entity: Entity) -> str | None:
    if kind.startswith("customer.subscription."):
        return read.word(entity.get("id"))
    if kind.startswith("invoice."):
        return entities.subscription_of(entity)
    return read.word(entity.get("subscription")) if kind.startswith("checkout.session.") else None


def _payment_ref(kind: str, entity: Entity) -> str | None:
    if kind.startswith("payment_intent."):
        return read.word(entity.get("id"))
    found = entity.get("payment_intent")
    return read.word(found) if kind.startswith(("refund.", "charge.", "checkout.session.")) else None


def _json(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body, parse_constant=_nonsense)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(event, dict):
        raise ValueError("no JSON object")
    return event


def _nonsense(name: str) -> Any:
    raise ValueError(name)
