"""What else follows from the facts: operations at the provider, mail, and alerts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from oneai.billing.merge import Changes
from oneai.billing.projection import payments, trials
from oneai.billing.projection.dunning import DunningPeriod
from oneai.billing.projection.entitlements import EntitlementTimeline
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.policy import (
    DUPLICATE_CANCEL_DELAY,
    EARLY_DEBIT,
    MAX_ATTEMPTS,
    REFUND_RETRIES,
    BillingPolicy,
)
from oneai.billing.projection.summary import is_past_due, open_dunning
from oneai.billing.record import FOREVER, BillingRecord, Payment

type Lifecycles = Mapping[UUID, SubscriptionLifecycle]


@dataclass(frozen=True)
class ProviderOperation:
    """A cancellation or refund at the provider, made once. `alert` is raised when it is first decided."""

    dedupe_key: str
    kind: Literal["cancel", "refund"]
    reason: Literal["replaced", "duplicate", "requested", "unexpected_charge"]
    subscription_id: UUID
    payment_id: UUID | None = None
    amount: int | None = None
    as_of: datetime | None = None
    due_at: datetime | None = None
    alert: str | None = None


@dataclass(frozen=True)
class Mail:
    """A mail, enqueued once for its cause."""

    kind: Literal["payment_receipt", "payment_reminder", "trial_refused"]
    cause: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Alert:
    """What operators should know."""

    kind: Literal["payment_quarantined", "payment_disputed", "payment_refunded", "provider_call_failed"]
    subject: str
    detail: dict[str, Any]


def operations(
    record: BillingRecord, lifecycles: Lifecycles, now: datetime, policy: BillingPolicy
) -> Iterator[ProviderOperation]:
    """A replaced subscription is cancelled, and the rest of its period refunded; an unexpected charge is refunded in
    full. A user who ended one at once has requested its refunds, except of charges that were unknown then. A
    subscription that charges after its end is cancelled again for every charge."""
    for lifecycle in lifecycles.values():
        ours, ref = lifecycle.subscription.id, lifecycle.subscription.ref
        for charge in lifecycle.unexpected:
            left = charge.payment.amount - payments.amount_refunded(record, charge.payment)
            # What the payer's bank may take back, or has, must not be refunded too.
            if left > 0 and not payments.disputed(record, charge.payment):
                yield ProviderOperation(
                    f"refund:{charge.payment.id}:unexpected",
                    "refund",
                    "unexpected_charge",
                    ours,
                    charge.payment.id,
                    left,
                    alert="payment_slipped_through",
                )
        yield from _refund_retries(record, lifecycle)
        active_at_provider = ref is not None and not lifecycle.subscription.ended
        if active_at_provider and lifecycle.ended_at <= now:
            for charge in lifecycle.unexpected:
                yield ProviderOperation(f"cancel:{ours}:{charge.payment.id}", "cancel", "unexpected_charge", ours)
        if lifecycle.end_reason in ("replaced", "duplicate") and lifecycle.ended_early_at is not None:
            yield from _replacement_operations(
                lifecycle, lifecycle.end_reason, lifecycle.ended_early_at, now, active_at_provider=active_at_provider
            )
        elif (
            lifecycle.subscription.ended_by_user
            and lifecycle.end_reason == "requested"
            and lifecycle.ended_early_at is not None
        ):
            for charge in _running_periods(lifecycle, lifecycle.ended_early_at):
                if charge.at >= lifecycle.ended_early_at - timedelta(days=policy.refund_days):
                    payment_id = charge.payment.id
                    yield ProviderOperation(
                        f"refund:{payment_id}", "refund", "requested", ours, payment_id, as_of=lifecycle.ended_early_at
                    )


def _running_periods(lifecycle: SubscriptionLifecycle, at: datetime) -> list[payments.PaidPeriod]:
    """The paid periods that were running then, and are not reversed."""
    return [each for each in lifecycle.accepted if each.start <= at < each.end and each.reversed_at is None]


def _refund_retries(record: BillingRecord, lifecycle: SubscriptionLifecycle) -> Iterator[ProviderOperation]:
    """Our refunds that failed at the provider: made again under another key, a few times, less what was refunded by
    hand meanwhile."""
    unexpected = {charge.payment.id for charge in lifecycle.unexpected}
    for payment in payments.payments(record, lifecycle.subscription):
        failed = payments.failed_refunds(record, payment)
        if len(failed) > REFUND_RETRIES or payments.disputed(record, payment):
            continue
        for failed_refund in failed:
            since = [
                each.amount
                for each in payments.refunds(record, payment)
                if not each.operation_id and each.at >= failed_refund.at
            ]
            owed = min(failed_refund.amount - sum(since), payment.amount - payments.amount_refunded(record, payment))
            reason: Literal["unexpected_charge", "requested"] = "requested"
            if payment.id in unexpected:
                reason = "unexpected_charge"
            if owed > 0:
                dedupe_key = f"refund:{payment.id}:again:{failed_refund.ref}"
                yield ProviderOperation(dedupe_key, "refund", reason, lifecycle.subscription.id, payment.id, owed)


def _replacement_operations(
    lifecycle: SubscriptionLifecycle,
    end_reason: Literal["replaced", "duplicate"],
    at: datetime,
    now: datetime,
    *,
    active_at_provider: bool,
) -> Iterator[ProviderOperation]:
    ours = lifecycle.subscription.id
    # One of the two may have ended without an event yet: it is synced first.
    due_at = now + DUPLICATE_CANCEL_DELAY if end_reason == "duplicate" else None
    running = _running_periods(lifecycle, at)
    if active_at_provider:
        alert = "two_subscriptions" if running and end_reason == "duplicate" else None
        yield ProviderOperation(f"cancel:{ours}", "cancel", end_reason, ours, due_at=due_at, alert=alert)
    for charge in running:
        payment_id = charge.payment.id
        yield ProviderOperation(f"refund:{payment_id}", "refund", end_reason, ours, payment_id, as_of=at, due_at=due_at)


def mails(
    record: BillingRecord, lifecycles: Lifecycles, timeline: EntitlementTimeline, now: datetime
) -> Iterator[Mail]:
    """A receipt for each payment that was not valid before, a reminder for the newest failed attempt, and a mail about
    a trial that does not begin."""
    for lifecycle in lifecycles.values():
        yield from _trial_refused_mail(lifecycle, now)
        for charge in lifecycle.accepted:
            if charge.payment.id not in record.payments_with_receipt:
                yield Mail("payment_receipt", charge.payment.ref, _receipt(charge))
        dunning = open_dunning(lifecycle, timeline)
        if (
            dunning is None
            or not is_past_due(lifecycle, dunning)
            or lifecycle.ended_at != FOREVER
            or not dunning.attempts
        ):
            continue
        if now < dunning.grace_end + EARLY_DEBIT and lifecycle.subscription.cancel_requested_at is None:
            trial_pending = not lifecycle.accepted and lifecycle.subscription.id in timeline.trial_dunning
            has_access = not trial_pending and not dunning.paused
            cause = f"{lifecycle.subscription.id}:{dunning.end:%Y-%m-%dT%H:%M:%SZ}:{dunning.attempts}"
            subscription = lifecycle.subscription
            yield Mail(
                "payment_reminder",
                cause,
                {
                    "plan": lifecycle.tier.capitalize(),
                    "amount": subscription.amount or 0,
                    "currency": subscription.currency or "INR",
                    "attempt": dunning.attempts,
                    "last_day": _access_ends(dunning).isoformat() if dunning.grace_end > now and has_access else None,
                    "ended_at": dunning.grace_end.isoformat() if dunning.grace_end <= now and has_access else None,
                    "pay_url": subscription.short_url,
                },
            )


def _access_ends(dunning: DunningPeriod) -> datetime:
    """When access ends without a payment: with the provider's last attempt, or before that with the grace.

    Cards and UPI are charged once a day, MAX_ATTEMPTS times in all, after which the provider gives up (Razorpay,
    Subscriptions, retries). An e-mandate may be charged later, and access then lasts longer than was promised, never
    shorter.
    """
    if dunning.failed_at is None:
        return dunning.grace_end
    return max(dunning.end, min(dunning.grace_end, dunning.failed_at + timedelta(days=MAX_ATTEMPTS - 1)))


def _trial_refused_mail(lifecycle: SubscriptionLifecycle, now: datetime) -> Iterator[Mail]:
    """That there is no trial, while the user can still cancel before the first charge."""
    subscription = lifecycle.subscription
    due = subscription.trial_end
    late = lifecycle.no_trial == "unknown" and trials.instrument_deadline(subscription, now) <= now
    if (
        due is None
        or not (late or lifecycle.no_trial == "used")
        or lifecycle.accepted
        or not now < min(due, lifecycle.ended_at)
    ):
        return
    yield Mail(
        "trial_refused",
        str(subscription.id),
        {
            "plan": lifecycle.tier,
            "amount": (subscription.amount or 0) * subscription.quantity,
            "currency": subscription.currency or "INR",
            "reason": lifecycle.no_trial,
            "first_charge_at": due.isoformat() if subscription.cancel_requested_at is None else None,
        },
    )


def _receipt(charge: payments.PaidPeriod) -> dict[str, Any]:
    return {
        "plan": charge.tier.capitalize(),
        "amount": charge.payment.amount,
        "currency": charge.payment.currency,
        "payment_id": charge.payment.ref,
        "paid_at": charge.at.isoformat(),
        "period_end": charge.end.isoformat(),
    }


def alerts(record: BillingRecord, changes: Changes) -> Iterator[Alert]:
    """What has just become known and operators should check."""
    for payment in record.payments.values():
        subscription = record.subscriptions[payment.subscription_id]
        is_new = payment.quarantined_at is None or payment.ref in changes.payments
        quarantined = is_new and payments.in_quarantine(record, subscription, payment)
        if quarantined and not payments.awaits_invoice(record, subscription, payment):
            yield Alert("payment_quarantined", payment.ref, _detail(payment))
    by_id = {each.id: each for each in record.payments.values()}
    for ref in sorted(changes.disputes):
        dispute = record.disputes[ref]
        payment = by_id[dispute.payment_id]
        yield Alert("payment_disputed", payment.ref, {**_detail(payment), "dispute": ref, "status": dispute.status})
    for ref in sorted(changes.new_refunds | changes.failed_refunds):
        refund = record.refunds[ref]
        payment = by_id[refund.payment_id]
        detail = {**_detail(payment), "refund": ref, "refunded": refund.amount, "status": refund.status}
        if refund.operation_id is not None:
            if ref in changes.failed_refunds:
                given_up = len(payments.failed_refunds(record, payment)) > REFUND_RETRIES
                yield Alert("provider_call_failed", payment.ref, {**detail, "given_up": given_up})
        elif not payments.is_mandate_authorization(record, record.subscriptions[payment.subscription_id], payment):
            yield Alert("payment_refunded", payment.ref, detail)


def _detail(payment: Payment) -> dict[str, Any]:
    return {
        "subscription": str(payment.subscription_id),
        "amount": payment.amount,
        "currency": payment.currency,
    }
