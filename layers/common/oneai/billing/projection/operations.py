"""Operations at the provider that follow: cancellations and refunds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from oneai.billing.projection import payments
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle
from oneai.billing.projection.payments import Rejection
from oneai.billing.projection.policy import DUPLICATE_CANCEL_DELAY, REFUND_RETRIES, BillingPolicy
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


def operations(lifecycles: Lifecycles, now: datetime, policy: BillingPolicy) -> Iterator[ProviderOperation]:
    """A replaced subscription is cancelled, and the rest of its period refunded; an unexpected charge is refunded in
    full. A user who ended one at once has requested its refunds, except of charges that were unknown then. A
    subscription that charges after its end is cancelled again for every charge."""
    record = lifecycles.record
    for lifecycle in lifecycles.all():
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
                    rejection=charge.rejection,
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
