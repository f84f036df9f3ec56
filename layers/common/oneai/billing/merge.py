"""What was observed is put to what is known, so that neither order nor repetition can matter: the newest snapshot wins,
everything else only ever grows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from oneai.billing.facts import (
    DisputeSeen,
    InvoiceSeen,
    Mark,
    Observation,
    ObservedInstrument,
    PaymentSeen,
    RefundSeen,
    Snapshot,
)
from oneai.billing.record import BillingRecord, Dispute, MarkKept, Payment, Refund, Seen, Subscription

# Ids of ours follow from the provider's: whoever notes a thing first gives it the same one.
NAMESPACE = UUID("6f2f6a53-0c53-4b0e-9d4c-2a7f4f8f6f11")
STATUSES = ("none", "trial", "active", "past_due", "unpaid", "paused", "cancelled")
ALIVE = ("active", "past_due", "unpaid")
PAYMENTS = ("failed", "authorized", "captured")
REFUNDS = ("pending", "failed", "processed")
DISPUTES = ("open", "action_required", "under_review", "closed", "won", "lost")


class SyncRequest(NamedTuple):
    """A subscription of which the provider has to be asked; `deep`: about its money too; `mandate`: about what its
    mandate was given for."""

    ref: str
    deep: bool
    mandate: bool = False


@dataclass
class Changes:
    """What became different, by the keys of `Known`. `heard`: items of what was observed that belong here (the names of
    their fields and their places); `known_now`: refs of the provider's that nobody knew before."""

    subscriptions: set[UUID] = field(default_factory=set)
    payments: set[str] = field(default_factory=set)
    refunds: set[str] = field(default_factory=set)
    disputes: set[str] = field(default_factory=set)
    marks: set[tuple[UUID, str, datetime]] = field(default_factory=set)
    new_refunds: set[str] = field(default_factory=set)
    failed_refunds: set[str] = field(default_factory=set)
    known_now: set[str] = field(default_factory=set)
    heard: set[tuple[str, int]] = field(default_factory=set)
    doubts: set[SyncRequest] = field(default_factory=set)


def note(known: BillingRecord, observed: Observation, *, timeless: bool = False) -> Changes:
    """Puts what was observed to what is known. `timeless`: nobody said when, so every snapshot is in doubt."""
    noted = Changes()
    for at, snapshot in enumerate(observed.snapshots):
        if _note_snapshot(known, noted, snapshot, timeless=timeless):
            noted.heard.add(("snapshots", at))
    by_ref = {each.ref: each.id for each in known.subscriptions.values() if each.ref is not None}
    by_invoice = _by_invoice(known, observed.invoices, by_ref)

    def payment(item: PaymentSeen) -> bool:
        belongs = by_ref.get(item.subscription_ref or "") or by_invoice.get(item.invoice_ref or "")
        return _note_payment(known, noted, item, belongs)

    def put(name: str, items: Sequence[Any], note_one: Callable[[Any], bool]) -> None:
        noted.heard |= {(name, at) for at, item in enumerate(items) if note_one(item)}

    put("payments", observed.payments, payment)
    put("invoices", observed.invoices, lambda item: _note_invoice(known, noted, item))
    put("refunds", observed.refunds, lambda item: _note_refund(known, noted, item))
    put("disputes", observed.disputes, lambda item: _note_dispute(known, noted, item))
    put("marks", observed.marks, lambda item: _note_mark(known, noted, item, by_ref.get(item.subscription_ref)))
    put("instruments", observed.instruments, lambda item: _note_instrument(known, noted, item, by_ref))
    return noted


def unheard(observed: Observation, noted: Sequence[Changes]) -> bool:
    """Whether some of it belongs to nothing that anybody knows."""
    heard = set[tuple[str, int]]().union(*(each.heard for each in noted))
    items = {
        (name, at)
        for name in ("snapshots", "payments", "invoices", "refunds", "disputes", "marks", "instruments")
        for at, item in enumerate(getattr(observed, name))
        # An invoice that nobody paid says nothing.
        if not (isinstance(item, InvoiceSeen) and (not item.paid or item.payment_ref is None))
    }
    return bool(items - heard)


def rank(snapshot: Snapshot) -> str:
    """The snapshot's place in the order of all of one subscription, as text: the greatest is the newest.

    What has ended stays so. Events know only the second; of one second, what we asked for last is the newest.
    """
    began = "" if snapshot.period_start is None else f"{snapshot.period_start:%Y-%m-%dT%H:%M:%S}"
    return (
        f"{snapshot.ended:d} {snapshot.at:%Y-%m-%dT%H:%M:%S} {snapshot.asked:d} "
        f"{snapshot.at.microsecond if snapshot.asked else 0:06d} {snapshot.paid_count:09d} "
        f"{began:19} {STATUSES.index(snapshot.status)}"
    )


def _note_snapshot(known: BillingRecord, noted: Changes, told: Snapshot, *, timeless: bool) -> bool:
    ours = next((each for each in known.subscriptions.values() if each.ref == told.ref), None)
    if ours is None:
        # The provider kept our id; the answer in which it told its own may have been lost.
        ours = known.subscriptions.get(told.our_id) if told.our_id is not None else None
        if ours is None or ours.ref is not None:
            return False
    if ours.snapshot is None:
        noted.known_now.add(told.ref)
    before = ours.snapshot
    newest = told if before is None else max(before, told, key=lambda each: (rank(each), repr(each)))
    if before is not None and not told.asked and told.status != before.status and _same_second(told, before):
        noted.doubts.add(SyncRequest(told.ref, deep=False))
    if timeless and not told.asked:
        noted.doubts.add(SyncRequest(told.ref, deep=False))
    now = replace(ours, ref=told.ref, snapshot=newest, seen=_more(ours, told))
    if now != ours:
        known.subscriptions[ours.id] = now
        noted.subscriptions.add(ours.id)
    return True


def _same_second(one: Snapshot, other: Snapshot) -> bool:
    return one.at.replace(microsecond=0) == other.at.replace(microsecond=0) and one.ended == other.ended


def _more(ours: Subscription, told: Snapshot) -> Seen:
    seen = ours.seen
    return Seen(
        plan_refs=seen.plan_refs | {told.plan_ref, ours.plan_ref or told.plan_ref},
        offer_refs=seen.offer_refs | ({told.offer_ref} if told.offer_ref else set()),
        quantities=seen.quantities | {told.quantity, ours.quantity},
        authorized_at=_earliest(seen.authorized_at, told.at if told.status == "trial" else None),
        # Whatever was told of the same second may have happened after it.
        alive_at=_latest(seen.alive_at, told.at.replace(microsecond=0) if told.status in ALIVE else None),
        ended_at=_earliest(seen.ended_at, (told.ended_at or told.at) if told.ended else None),
    )


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


def _latest(*moments: datetime | None) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)


def _by_invoice(known: BillingRecord, invoices: Sequence[InvoiceSeen], by_ref: dict[str, UUID]) -> dict[str, UUID]:
    """Whose an invoice is: a payment that failed names nothing else."""
    found = {each.invoice_ref: each.subscription_id for each in known.payments.values() if each.invoice_ref}
    for invoice in invoices:
        if invoice.subscription_ref in by_ref:
            found[invoice.ref] = by_ref[invoice.subscription_ref]
    return found


def _note_payment(known: BillingRecord, noted: Changes, told: PaymentSeen, belongs: UUID | None) -> bool:
    before = known.payments.get(told.ref)
    if before is None and belongs is None:
        return False
    if before is None and belongs is not None:
        now = Payment(
            id=uuid5(NAMESPACE, f"payment {told.ref}"),
            ref=told.ref,
            subscription_id=belongs,
            status=told.status,
            at=told.at,
            amount=told.amount,
            currency=told.currency,
            invoice_ref=told.invoice_ref,
            order_ref=told.order_ref,
            method=told.method,
            period_start=told.period_start,
            period_end=told.period_end,
            period_from=told.period_from,
        )
        noted.known_now.add(told.ref)
    else:
        now = _further(known.payments[told.ref], told)
    if now.invoice_ref and (before is None or before.invoice_ref is None):
        noted.known_now.add(now.invoice_ref)
    if now != before:
        known.payments[told.ref] = now
        noted.payments.add(told.ref)
    return True


def _further(before: Payment, told: PaymentSeen) -> Payment:
    """A payment only ever goes on, and what is known of it only ever grows."""
    amount, currency = min(
        (-PAYMENTS.index(before.status), before.amount, before.currency),
        (-PAYMENTS.index(told.status), told.amount, told.currency),
    )[1:]
    now = replace(
        before,
        status=max(before.status, told.status, key=PAYMENTS.index),
        at=min(before.at, told.at),
        amount=amount,
        currency=currency,
        invoice_ref=before.invoice_ref or told.invoice_ref,
        order_ref=before.order_ref or told.order_ref,
        method=before.method or told.method,
    )
    return _with_period(now, told.period_start, told.period_end, told.period_from)


def _with_period(payment: Payment, start: datetime | None, end: datetime | None, source: str | None) -> Payment:
    """The invoice knows best what was paid for, then the subscription; of two of a kind the earlier one."""
    if start is None or end is None or source is None:
        return payment
    if payment.period_start is not None and payment.period_end is not None:
        if payment.period_from == "invoice" and source != "invoice":
            return payment
        if payment.period_from == source and (payment.period_start, payment.period_end) <= (start, end):
            return payment
    return replace(payment, period_start=start, period_end=end, period_from=source)


def _note_invoice(known: BillingRecord, noted: Changes, told: InvoiceSeen) -> bool:
    before = known.payments.get(told.payment_ref or "")
    if before is None:
        return False
    now = replace(
        before,
        invoice_ref=before.invoice_ref or told.ref,
        order_ref=before.order_ref or told.order_ref,
        invoiced_amount=told.amount if before.invoiced_amount is None else before.invoiced_amount,
        invoiced_currency=before.invoiced_currency or told.currency,
        invoiced_extras=tuple(sorted({*before.invoiced_extras, *told.extras})),
    )
    if told.paid:
        now = _with_period(now, told.period_start, told.period_end, "invoice")
    if before.invoice_ref is None:
        noted.known_now.add(told.ref)
    if now != before:
        known.payments[now.ref] = now
        noted.payments.add(now.ref)
    return True


def _note_refund(known: BillingRecord, noted: Changes, told: RefundSeen) -> bool:
    payment = known.payments.get(told.payment_ref)
    if payment is None:
        return False
    if told.amount <= 0:
        return True
    before = known.refunds.get(told.ref)
    ours = uuid5(NAMESPACE, f"refund {told.ref}")
    now = Refund(ours, told.ref, payment.id, told.amount, told.status, told.at, told.call_id)
    if before is None:
        noted.new_refunds.add(told.ref)
    else:
        status = max(before.status, told.status, key=REFUNDS.index)
        now = replace(before, status=status, at=min(before.at, told.at), call_id=before.call_id or told.call_id)
    if now.status == "failed" and (before is None or before.status != "failed"):
        noted.failed_refunds.add(told.ref)
    if now != before:
        known.refunds[told.ref] = now
        noted.refunds.add(told.ref)
    return True


def _note_dispute(known: BillingRecord, noted: Changes, told: DisputeSeen) -> bool:
    payment = known.payments.get(told.payment_ref)
    if payment is None:
        return False
    before = known.disputes.get(told.ref)
    now = Dispute(told.ref, payment.id, told.status, told.at)
    if before is not None:
        # Further in the order, or the same earlier.
        now = min(now, before, key=lambda each: (-DISPUTES.index(each.status), each.at))
    if now != before:
        known.disputes[told.ref] = now
        noted.disputes.add(told.ref)
    return True


def _note_mark(known: BillingRecord, noted: Changes, told: Mark, belongs: UUID | None) -> bool:
    if belongs is None:
        return False
    key = (belongs, told.kind, told.at)
    before = known.marks.get(key)
    attempts = [each for each in (told.n, before.n if before else None) if each is not None]
    now = MarkKept(belongs, told.kind, told.at, max(attempts, default=None))
    if now != before:
        known.marks[key] = now
        noted.marks.add(key)
    return True


def _note_instrument(
    known: BillingRecord, noted: Changes, observed: ObservedInstrument, by_ref: Mapping[str, UUID]
) -> bool:
    """A mandate is given once: what was learned of it first stays."""
    belongs = by_ref.get(observed.subscription_ref)
    if belongs is None:
        return False
    before = known.subscriptions[belongs]
    learned = (observed.at, observed.instrument)
    if before.instrument_at is None or before.instrument is None or learned < (before.instrument_at, before.instrument):
        known.subscriptions[belongs] = replace(before, instrument=observed.instrument, instrument_at=observed.at)
        noted.subscriptions.add(belongs)
    return True


def owner(known: BillingRecord, payment: Payment) -> Subscription:
    """The subscription that a payment is of."""
    return known.subscriptions[payment.subscription_id]
