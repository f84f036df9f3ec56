"""Operations at the provider that follow: cancellations and refunds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from oneai.billing.projection import payments
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle
from oneai.billing.projection.payments import Rejection
from oneai.billing.projection.policy import CANCEL_BEFORE_END, DUPLICATE_CANCEL_DELAY, REFUND_RETRIES
from oneai.billing.projection.refunds import RefundAmounts, refund_key, running_periods
from oneai.billing.record import BillingRecord

# `erased`: its user was deleted.
type CancelReason = Literal["requested", "replaced", "duplicate", "erased"]


@dataclass(frozen=True)
class ProviderOperation:
    """A cancellation or refund at the provider, made once. `alert` is raised when it is first decided, with the
    `rejection` of the charge that is refunded."""

    dedupe_key: str
    kind: Literal["cancel", "cancel_at_period_end", "refund"]
    reason: CancelReason | Literal["unexpected_charge"]
    subscription_id: UUID
    payment_id: UUID | None = None
    amount: int | None = None
    as_of: datetime | None = None
    due_at: datetime | None = None
    alert: str | None = None
    rejection: Rejection | None = None


def operations(lifecycles: Lifecycles, amounts: RefundAmounts, now: datetime) -> Iterator[ProviderOperation]:
    """Every cancellation and refund that follows: of what was cancelled, replaced or paid twice, and of charges that
    buy nothing."""
    for lifecycle in lifecycles.all():
        yield from _unexpected_charges(lifecycles.record, lifecycle, now)
        yield from _refund_retries(lifecycles.record, lifecycle)
        if _is_active_at_provider(lifecycle):
            yield from _cancellation(lifecycle, now)
        yield from _refunds(lifecycle, amounts, now)


def _unexpected_charges(
    record: BillingRecord, lifecycle: SubscriptionLifecycle, now: datetime
) -> Iterator[ProviderOperation]:
    ours = lifecycle.subscription.id
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
                rejection=charge.rejection,
            )
    if _is_active_at_provider(lifecycle) and lifecycle.ended_at <= now:
        # The provider goes on charging: it is cancelled again for every charge.
        for charge in lifecycle.unexpected:
            yield ProviderOperation(f"cancel:{ours}:{charge.payment.id}", "cancel", "unexpected_charge", ours)


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


def _cancellation(lifecycle: SubscriptionLifecycle, now: datetime) -> Iterator[ProviderOperation]:
    """Cancelled at once where it ended early; before its period ends where that was requested."""
    ours, at, reason = lifecycle.subscription.id, lifecycle.ended_early_at, _cancel_reason(lifecycle)
    if at is not None and reason is not None:
        paid_twice = reason == "duplicate" and any(each.reversed_at is None for each in running_periods(lifecycle, at))
        alert = "two_subscriptions" if paid_twice else None
        yield ProviderOperation(f"cancel:{ours}", "cancel", reason, ours, due_at=_due_at(lifecycle, now), alert=alert)
    elif lifecycle.subscription.cancel_requested_at is not None:
        due_at = _period_end(lifecycle, lifecycle.subscription.cancel_requested_at) - CANCEL_BEFORE_END
        key = f"cancel_at_period_end:{ours}"
        yield ProviderOperation(key, "cancel_at_period_end", "requested", ours, due_at=due_at)


def _cancel_reason(lifecycle: SubscriptionLifecycle) -> CancelReason | None:
    """Why a subscription that ended early is cancelled: a user ended it, chose another checkout, or was deleted."""
    if lifecycle.end_reason != "requested":
        return lifecycle.end_reason
    if lifecycle.subscription.checkout_cancelled:
        return "replaced"
    return "requested" if lifecycle.subscription.ended_by_user else "erased"


def _period_end(lifecycle: SubscriptionLifecycle, requested_at: datetime) -> datetime:
    """The end of the period that was running when its cancellation was requested: paid for, tried, or before the first
    charge."""
    ends = [each.end for each in lifecycle.accepted if each.start <= requested_at]
    first_charge = lifecycle.subscription.trial_end or lifecycle.subscription.start_at
    return max(ends) if ends else first_charge or requested_at


def _refunds(lifecycle: SubscriptionLifecycle, amounts: RefundAmounts, now: datetime) -> Iterator[ProviderOperation]:
    """What is unused of a subscription that ended early."""
    ours, at, reason = lifecycle.subscription.id, lifecycle.ended_early_at, lifecycle.end_reason
    if reason is None:
        return
    for payment, amount in amounts.due(lifecycle):
        key, due_at = refund_key(payment.id), _due_at(lifecycle, now)
        yield ProviderOperation(key, "refund", reason, ours, payment.id, amount, as_of=at, due_at=due_at)


def _due_at(lifecycle: SubscriptionLifecycle, now: datetime) -> datetime | None:
    """One of two paid subscriptions may have ended without an event yet: it is synced first."""
    return now + DUPLICATE_CANCEL_DELAY if lifecycle.end_reason == "duplicate" else None


def _is_active_at_provider(lifecycle: SubscriptionLifecycle) -> bool:
    return lifecycle.subscription.ref is not None and not lifecycle.subscription.ended
