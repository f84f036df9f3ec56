"""Operations at the provider that follow: cancellations and refunds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from oneai.billing.projection import payments
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle
from oneai.billing.projection.payments import Rejection
from oneai.billing.projection.policy import DUPLICATE_CANCEL_DELAY, REFUND_RETRIES
from oneai.billing.projection.refunds import RefundAmounts, refund_key, running_periods
from oneai.billing.record import BillingRecord


@dataclass(frozen=True)
class ProviderOperation:
    """A cancellation or refund at the provider, made once. `alert` is raised when it is first decided, with the
    `rejection` of the charge that is refunded."""

    dedupe_key: str
    kind: Literal["cancel", "refund"]
    reason: Literal["replaced", "duplicate", "requested", "unexpected_charge"]
    subscription_id: UUID
    payment_id: UUID | None = None
    amount: int | None = None
    as_of: datetime | None = None
    due_at: datetime | None = None
    alert: str | None = None
    rejection: Rejection | None = None


def operations(lifecycles: Lifecycles, amounts: RefundAmounts, now: datetime) -> Iterator[ProviderOperation]:
    """A subscription that was replaced is cancelled; what is unused of one that ended early is refunded, where the user
    ended it or a newer one did. An unexpected charge is refunded in full, and cancels what should have ended."""
    for lifecycle in lifecycles.all():
        yield from _unexpected_charges(lifecycles.record, lifecycle, now)
        yield from _refund_retries(lifecycles.record, lifecycle)
        if lifecycle.end_reason in ("replaced", "duplicate"):
            yield from _replacement(lifecycle, now)
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


def _replacement(lifecycle: SubscriptionLifecycle, now: datetime) -> Iterator[ProviderOperation]:
    """One that was replaced is cancelled where the provider would go on charging it."""
    ours, at, reason = lifecycle.subscription.id, lifecycle.ended_early_at, lifecycle.end_reason
    if at is None or reason is None or not _is_active_at_provider(lifecycle):
        return
    paid_twice = reason == "duplicate" and any(each.reversed_at is None for each in running_periods(lifecycle, at))
    alert = "two_subscriptions" if paid_twice else None
    yield ProviderOperation(f"cancel:{ours}", "cancel", reason, ours, due_at=_due_at(lifecycle, now), alert=alert)


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
