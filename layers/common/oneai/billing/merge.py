"""Merges observations into a billing record. Order and repetition do not matter: the newest snapshot wins, and all
other facts are only ever added."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from oneai.billing.facts import (
    Dispute,
    Key,
    LifecycleEvent,
    Observation,
    ObservedInstrument,
    ObservedInvoice,
    Order,
    Payment,
    Refund,
    Snapshot,
    SyncRequest,
    our_id,
)
from oneai.billing.record import BillingRecord, SnapshotHistory, Subscription

STATUSES = ("none", "trial", "active", "past_due", "unpaid", "paused", "cancelled")
ALIVE = ("active", "past_due", "unpaid")


@dataclass
class Changes:
    """The changes of a record, by the keys of BillingRecord. `matched`: the items of the observation that belong to
    this record, as field and index."""

    subscriptions: set[UUID] = field(default_factory=set)
    payments: set[Key] = field(default_factory=set)
    refunds: set[Key] = field(default_factory=set)
    disputes: set[Key] = field(default_factory=set)
    orders: set[UUID] = field(default_factory=set)
    lifecycle_events: set[tuple[Key, str, datetime]] = field(default_factory=set)
    new_refunds: set[Key] = field(default_factory=set)
    failed_refunds: set[Key] = field(default_factory=set)
    matched: set[tuple[str, int]] = field(default_factory=set)
    sync_requests: set[SyncRequest] = field(default_factory=set)


def merge(record: BillingRecord, observation: Observation, *, undated: bool = False) -> Changes:
    """Merges an observation into the record. `undated`: its time is unknown, so every snapshot in it must be fetched
    again."""
    changes = Changes()
    for at, snapshot in enumerate(observation.snapshots):
        if _merge_snapshot(record, changes, snapshot, undated=undated):
            changes.matched.add(("snapshots", at))
    by_key = {each.key: each.id for each in record.subscriptions.values() if each.key is not None}
    by_invoice = _by_invoice(record, observation.invoices, by_key)

    def payment(item: Payment) -> bool:
        provider = item.payment_provider
        subscription_id = by_key.get((provider, item.subscription_ref or ""))
        subscription_id = subscription_id or by_invoice.get((provider, item.invoice_ref or ""))
        order = None if subscription_id else record.orders.get(our_id("order", provider, item.order_ref or ""))
        return _merge_payment(record, changes, item, subscription_id, order.id if order is not None else None)

    def merge_all(name: str, items: Sequence[Any], merge_one: Callable[[Any], bool]) -> None:
        changes.matched |= {(name, at) for at, item in enumerate(items) if merge_one(item)}

    merge_all("orders", observation.orders, lambda item: _merge_order(record, changes, item))
    merge_all("payments", observation.payments, payment)
    merge_all("invoices", observation.invoices, lambda item: _merge_invoice(record, changes, item))
    merge_all("refunds", observation.refunds, lambda item: _merge_refund(record, changes, item))
    merge_all("disputes", observation.disputes, lambda item: _merge_dispute(record, changes, item))
    merge_all(
        "lifecycle_events",
        observation.lifecycle_events,
        lambda item: _merge_lifecycle_event(record, changes, item, by_key),
    )
    merge_all("instruments", observation.instruments, lambda item: _merge_instrument(record, changes, item, by_key))
    merge_all("sync_requests", observation.sync_requests, lambda item: _merge_sync(record, changes, item, by_key))
    return changes


def has_unmatched(observation: Observation, changes: Sequence[Changes]) -> bool:
    """Whether an item of the observation belongs to no record."""
    matched = set[tuple[str, int]]().union(*(each.matched for each in changes))
    items = {
        (name, at)
        for name in (each.name for each in fields(observation))
        for at, item in enumerate(getattr(observation, name))
        # An unpaid invoice changes nothing.
        if not (isinstance(item, ObservedInvoice) and (not item.paid or item.payment_ref is None))
    }
    return bool(items - matched)


def rank(snapshot: Snapshot) -> str:
    """The snapshot's rank among all snapshots of a subscription, as text; the greatest is the newest.

    A subscription is newer than the checkout that made it. One that has ended remains the newest. Events are dated to
    the second; within a second, the snapshot fetched last is the newest.
    """
    began = "" if snapshot.period_start is None else f"{snapshot.period_start:%Y-%m-%dT%H:%M:%S}"
    return (
        f"{not snapshot.provisional:d} {snapshot.ended:d} {snapshot.at:%Y-%m-%dT%H:%M:%S} {snapshot.fetched:d} "
        f"{snapshot.at.microsecond if snapshot.fetched else 0:06d} {snapshot.paid_count:09d} "
        f"{began:19} {STATUSES.index(snapshot.status)}"
    )


def _merge_snapshot(record: BillingRecord, changes: Changes, item: Snapshot, *, undated: bool) -> bool:
    subscription = next((each for each in record.subscriptions.values() if each.key == item.key), None)
    if subscription is None:
        # The provider has our id in its notes; the answer with the provider's id may have been lost.
        subscription = record.subscriptions.get(item.our_id) if item.our_id is not None else None
        if subscription is None or subscription.payment_provider != item.payment_provider:
            return False
        if subscription.ref is not None and item.provisional:
            # The subscription that this checkout made is known.
            return not subscription.provisional
        if subscription.ref is not None and not subscription.provisional:
            return False
    before = subscription.snapshot
    newest = item if before is None else max(before, item, key=lambda each: (rank(each), repr(each)))
    differs = before is not None and (item.status, item.cancels) != (before.status, before.cancels)
    if before is not None and not item.fetched and differs and _is_same_second(item, before):
        changes.sync_requests.add(SyncRequest(*item.key, with_payments=False))
    if undated and not item.fetched:
        changes.sync_requests.add(SyncRequest(*item.key, with_payments=False))
    history = _extend_history(subscription, item)
    # The page of a checkout pays nothing more once its subscription is known.
    page = subscription.short_url if subscription.ref in (None, item.ref) else None
    after = replace(subscription, ref=item.ref, snapshot=newest, snapshot_history=history, short_url=page)
    if after != subscription:
        record.subscriptions[subscription.id] = after
        changes.subscriptions.add(subscription.id)
    return True


def _is_same_second(one: Snapshot, other: Snapshot) -> bool:
    return one.at.replace(microsecond=0) == other.at.replace(microsecond=0) and one.ended == other.ended


def _extend_history(subscription: Subscription, item: Snapshot) -> SnapshotHistory:
    history = subscription.snapshot_history
    return SnapshotHistory(
        plan_refs=history.plan_refs | {item.plan_ref, subscription.plan_ref or item.plan_ref},
        offer_refs=history.offer_refs | ({item.offer_ref} if item.offer_ref else set()),
        quantities=history.quantities | {item.quantity, subscription.quantity},
        authorized_at=_earliest(history.authorized_at, item.at if item.status == "trial" else None),
        # A pause within the same second may have followed it.
        alive_at=_latest(history.alive_at, item.at.replace(microsecond=0) if item.status in ALIVE else None),
        ended_at=_earliest(history.ended_at, (item.ended_at or item.at) if item.ended else None),
    )


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


def _latest(*moments: datetime | None) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)


def _by_invoice(
    record: BillingRecord, invoices: Sequence[ObservedInvoice], by_key: Mapping[Key, UUID]
) -> dict[Key, UUID]:
    """Our subscription of each invoice. A failed payment has no other reference."""
    subscriptions = {
        (each.payment_provider, each.invoice_ref): each.subscription_id
        for each in record.payments.values()
        if each.invoice_ref and each.subscription_id
    }
    for invoice in invoices:
        provider = invoice.payment_provider
        if (ours := by_key.get((provider, invoice.subscription_ref or ""))) is not None:
            subscriptions[provider, invoice.ref] = ours
    return subscriptions


def _merge_order(record: BillingRecord, changes: Changes, item: Order) -> bool:
    if item.id not in record.orders and item.workspace_id != record.workspace_id:
        return False
    _merge_fact(record.orders, changes.orders, item.id, item)
    return True


def _merge_payment(
    record: BillingRecord, changes: Changes, item: Payment, subscription_id: UUID | None, order_id: UUID | None
) -> bool:
    known = record.payments.get(item.key)
    if (order_id if known is None else known.order_id) is None:
        # That of a subscription is its mandate's.
        item = replace(item, instrument=None)
    if known is None:
        if subscription_id is None and order_id is None:
            return False
        item = replace(
            item,
            id=our_id("payment", *item.key),
            subscription_id=subscription_id,
            order_id=order_id,
            subscription_ref=None,
            amount_refunded=0,
        )
    after = _merge_fact(record.payments, changes.payments, item.key, item)
    order = record.orders[after.order_id] if after.order_id is not None else None
    if order is not None and order.amount is None and after.status == "captured":
        changes.sync_requests.add(SyncRequest(*order.key, with_payments=True, is_order=True))
    if after.status == "captured" and after.denied_at is not None:
        _merge_refund(record, changes, _taken_back(after, after.denied_at))
    return True


def _taken_back(payment: Payment, denied_at: datetime) -> Refund:
    """All of a captured payment that its bank took back, whichever of both was known first."""
    ref, at = f"{payment.ref}:denied", max(denied_at, payment.at)
    return Refund(payment.payment_provider, ref, payment.ref, payment.amount, "processed", at)


def _merge_invoice(record: BillingRecord, changes: Changes, item: ObservedInvoice) -> bool:
    paid = record.payments.get((item.payment_provider, item.payment_ref or ""))
    if paid is None:
        return False
    invoiced = replace(
        paid,
        invoice_ref=item.ref,
        order_ref=item.order_ref,
        invoiced_amount=item.amount,
        invoiced_currency=item.currency,
        invoiced_extras=item.extras,
        period_start=item.period_start if item.paid else None,
        period_end=item.period_end if item.paid else None,
        period_from="invoice",
    )
    _merge_fact(record.payments, changes.payments, paid.key, invoiced)
    return True


def _merge_refund(record: BillingRecord, changes: Changes, item: Refund) -> bool:
    if item.payment_key not in record.payments:
        return False
    if item.amount <= 0:
        return True
    before = record.refunds.get(item.key)
    after = _merge_fact(record.refunds, changes.refunds, item.key, item)
    if before is None:
        changes.new_refunds.add(item.key)
    if after.status == "failed" and (before is None or before.status != "failed"):
        changes.failed_refunds.add(item.key)
    return True


def _merge_dispute(record: BillingRecord, changes: Changes, item: Dispute) -> bool:
    if item.payment_key not in record.payments:
        return False
    _merge_fact(record.disputes, changes.disputes, item.key, item)
    return True


def _merge_lifecycle_event(record: BillingRecord, changes: Changes, item: LifecycleEvent, keys: Container[Key]) -> bool:
    if item.subscription_key not in keys:
        return False
    _merge_fact(record.lifecycle_events, changes.lifecycle_events, item.key, item)
    return True


def _merge_fact[K, F: (Order, Payment, Refund, Dispute, LifecycleEvent)](
    facts: dict[K, F], changed: set[K], key: K, item: F
) -> F:
    """Adds the observed fact to the stored one, and returns the result."""
    before = facts.get(key)
    after = item if before is None else before.merge(item)
    if after != before:
        facts[key] = after
        changed.add(key)
    return after


def _merge_instrument(
    record: BillingRecord, changes: Changes, item: ObservedInstrument, by_key: Mapping[Key, UUID]
) -> bool:
    """Keeps the instrument that was learned first, because a mandate is authorized once."""
    subscription_id = by_key.get((item.payment_provider, item.subscription_ref))
    if subscription_id is None:
        return False
    before = record.subscriptions[subscription_id]
    candidate = (item.at, item.instrument)
    if (
        before.instrument_at is None
        or before.instrument is None
        or candidate < (before.instrument_at, before.instrument)
    ):
        record.subscriptions[subscription_id] = replace(before, instrument=item.instrument, instrument_at=item.at)
        changes.subscriptions.add(subscription_id)
    return True


def _merge_sync(record: BillingRecord, changes: Changes, item: SyncRequest, by_key: Mapping[Key, UUID]) -> bool:
    """What an event only points at is fetched, if it is this workspace's."""
    key = (item.payment_provider, item.ref)
    known = our_id("order", *key) in record.orders if item.is_order else key in by_key
    if known:
        changes.sync_requests.add(item)
    return known
