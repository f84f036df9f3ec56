"""Operations at the provider that follow from the state: cancellations, refunds and debits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from oneai.billing.facts import Payment
from oneai.billing.projection import bought_credits, payments, prepaid
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle
from oneai.billing.projection.orders import Purchase, payments_of
from oneai.billing.projection.payments import PaidPeriod, Rejection
from oneai.billing.projection.policy import (
    DUPLICATE_CANCEL_DELAY,
    REFUND_RETRIES,
    BillingPolicy,
)
from oneai.billing.projection.refunds import RefundAmounts, refund_key, running_periods
from oneai.billing.record import BillingRecord, OperationReason


@dataclass(frozen=True)
class ProviderOperation:
    """A cancellation, refund or debit at the provider, made once. An order and its payment have no subscription.
    `alert` is raised when it is first decided; `rejection` is why the refunded charge buys nothing."""

    dedupe_key: str
    kind: Literal["cancel", "cancel_at_period_end", "refund", "charge"]
    reason: OperationReason
    subscription_id: UUID | None
    payment_id: UUID | None = None
    amount: int | None = None
    as_of: datetime | None = None
    due_at: datetime | None = None
    alert: str | None = None
    rejection: Rejection | None = None
    order_id: UUID | None = None


def operations(
    lifecycles: Lifecycles,
    purchases: Sequence[Purchase],
    amounts: RefundAmounts,
    now: datetime,
    policy: BillingPolicy,
) -> Iterator[ProviderOperation]:
    """Every cancellation and refund that follows: for cancelled and replaced subscriptions, double payments, and
    charges that buy nothing."""
    record = lifecycles.record
    charges: Iterable[PaidPeriod | Purchase] = (
        *purchases,
        *(each for one in lifecycles.all() for each in one.unexpected),
    )
    rejections = {each.payment.id: each.rejection for each in charges if each.rejection is not None}
    for payment in sorted(record.payments.values(), key=lambda each: (each.at, each.ref)):
        yield from _rejected_charge(record, payment, rejections.get(payment.id))
        yield from _refund_retries(record, payment, is_rejected=payment.id in rejections)
    for payment, amount, asked_at in bought_credits.requested_refunds(record, purchases, policy):
        key = bought_credits.refund_key(payment)
        yield ProviderOperation(key, "refund", "requested", None, payment.id, amount=amount, as_of=asked_at)
    yield from _debits(record, now)
    for lifecycle in lifecycles.all():
        if _is_active_at_provider(lifecycle):
            yield from _cancellation(lifecycle, now)
        yield from _refunds(record, lifecycle, amounts, now)


def _debits(record: BillingRecord, now: datetime) -> Iterator[ProviderOperation]:
    """The debits of automatic recharges that can still be paid."""
    if record.workspace_id is None:
        return
    for recharge in record.credit_orders.values():
        order = record.orders.get(recharge.order_id)
        if recharge.charge_at is None or recharge.refused_at is not None or now >= recharge.expires_at or order is None:
            continue
        if all(each.status == "failed" for each in payments_of(record, order)):
            key = f"charge:{order.id}"
            yield ProviderOperation(
                key, "charge", "requested", None, order_id=order.id, amount=order.amount, due_at=recharge.charge_at
            )


def _rejected_charge(
    record: BillingRecord, payment: Payment, rejection: Rejection | None
) -> Iterator[ProviderOperation]:
    """The full refund of a charge that buys nothing."""
    left = payment.amount - payments.amount_refunded(record, payment)
    # A payment that the payer's bank took back, or may take back, must not be refunded too.
    if rejection is not None and left > 0 and not payments.disputed(record, payment):
        yield ProviderOperation(
            f"refund:{payment.id}:unexpected",
            "refund",
            "unexpected_charge",
            payment.subscription_id,
            payment.id,
            amount=left,
            alert="payment_slipped_through",
            rejection=rejection,
        )


def _refund_retries(record: BillingRecord, payment: Payment, *, is_rejected: bool) -> Iterator[ProviderOperation]:
    """Refunds of ours that failed at the provider: retried a few times with another key, minus what was refunded
    manually since."""
    failed = payments.failed_refunds(record, payment)
    if len(failed) > REFUND_RETRIES or payments.disputed(record, payment):
        return
    for failed_refund in failed:
        since = [
            each.amount
            for each in payments.refunds(record, payment)
            if not each.operation_id and each.at >= failed_refund.at
        ]
        owed = min(failed_refund.amount - sum(since), payment.amount - payments.amount_refunded(record, payment))
        reason: OperationReason = "unexpected_charge" if is_rejected else "requested"
        if owed > 0:
            dedupe_key = f"refund:{payment.id}:again:{failed_refund.ref}"
            yield ProviderOperation(dedupe_key, "refund", reason, payment.subscription_id, payment.id, amount=owed)


def _cancellation(lifecycle: SubscriptionLifecycle, now: datetime) -> Iterator[ProviderOperation]:
    """Cancels immediately if it ended early or a payment came back, and before its period ends if that was requested.
    If the provider continues to charge, it is cancelled again for every charge. So is one whose payer is from another
    country."""
    ours, at, reason = lifecycle.subscription.id, lifecycle.ended_early_at, _cancel_reason(lifecycle)
    over = lifecycle.ended_at <= now or lifecycle.reversal is not None
    for charge in [each for each in lifecycle.unexpected if not each.added]:
        if over or charge.rejection == "other_country":
            yield ProviderOperation(f"cancel:{ours}:{charge.payment.id}", "cancel", "unexpected_charge", ours)
    if at is not None and reason is not None:
        paid_twice = reason == "duplicate" and any(each.reversed_at is None for each in running_periods(lifecycle, at))
        alert = "two_subscriptions" if paid_twice else None
        key, due_at, asked_at = f"cancel:{ours}", _due_at(lifecycle, now), lifecycle.subscription.account_closed_at
        yield ProviderOperation(key, "cancel", reason, ours, as_of=asked_at, due_at=due_at, alert=alert)
    elif lifecycle.reversal is not None:
        yield ProviderOperation(f"cancel:{ours}", "cancel", "payment_reversed", ours, alert="payment_reversed")
    elif lifecycle.subscription.cancel_requested_at is not None:
        end = _period_end(lifecycle, lifecycle.subscription.cancel_requested_at)
        due_at = end - lifecycle.subscription.law.cancelled_before_end
        key = f"cancel_at_period_end:{ours}"
        yield ProviderOperation(key, "cancel_at_period_end", "requested", ours, due_at=due_at)


def _cancel_reason(lifecycle: SubscriptionLifecycle) -> OperationReason | None:
    """Why a subscription that ended early is cancelled: its user ended it, chose another checkout, or was deleted."""
    if lifecycle.subscription.account_closed_at is not None:
        return "erased"
    if lifecycle.end_reason != "requested":
        return lifecycle.end_reason
    if lifecycle.subscription.checkout_cancelled:
        return "replaced"
    return "requested"


def _period_end(lifecycle: SubscriptionLifecycle, requested_at: datetime) -> datetime:
    """The end of the period in which the cancellation was requested: a paid period, a trial, or the time before the
    first charge."""
    ends = [each.end for each in lifecycle.accepted if each.start <= requested_at]
    first_charge = lifecycle.subscription.trial_end or lifecycle.subscription.start_at
    return max(ends) if ends else first_charge or requested_at


def _refunds(
    record: BillingRecord, lifecycle: SubscriptionLifecycle, amounts: RefundAmounts, now: datetime
) -> Iterator[ProviderOperation]:
    """Refunds for the unused time of a subscription that ended early. Decisions about an erased user remain, because
    their facts are erased and a replacing subscription is not known here."""
    ours, at, reason = lifecycle.subscription.id, lifecycle.ended_early_at, lifecycle.end_reason
    kept = set[UUID]()
    for payment in payments.payments(record, lifecycle.subscription) if record.workspace_id is None else ():
        decided = record.refund_operations.get(refund_key(payment.id))
        if decided is not None and decided.state == "pending":
            kept.add(payment.id)
            key, amount, as_of = refund_key(payment.id), decided.amount, decided.as_of
            yield ProviderOperation(key, "refund", decided.reason, ours, payment.id, amount=amount, as_of=as_of)
    for payment, amount in amounts.due(lifecycle):
        # Money that cannot go back is worth time of the plan that follows (`returned.py`).
        if at is not None and not prepaid.can_go_back(payment, amount, at):
            continue
        if reason is not None and payment.id not in kept:
            key, due_at = refund_key(payment.id), _due_at(lifecycle, now)
            yield ProviderOperation(key, "refund", reason, ours, payment.id, amount=amount, as_of=at, due_at=due_at)


def _due_at(lifecycle: SubscriptionLifecycle, now: datetime) -> datetime | None:
    """Of two paid subscriptions, one may have ended without an event: it is synced first, unless its user left."""
    waits = lifecycle.end_reason == "duplicate" and lifecycle.subscription.account_closed_at is None
    return now + DUPLICATE_CANCEL_DELAY if waits else None


def _is_active_at_provider(lifecycle: SubscriptionLifecycle) -> bool:
    # Nothing is debited; but the open page of a plan that was given up is closed.
    if prepaid.is_prepaid(lifecycle.subscription) and (
        lifecycle.accepted or not lifecycle.subscription.checkout_cancelled
    ):
        return False
    return lifecycle.subscription.ref is not None and not lifecycle.subscription.ended
