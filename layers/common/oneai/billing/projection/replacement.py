"""The lifecycles of all subscriptions of a user: the newest paid subscription replaces the others."""

from datetime import datetime
from uuid import UUID

from oneai.billing.projection import payments
from oneai.billing.projection.lifecycle import EndReason, Lifecycles, SubscriptionLifecycle, build_lifecycle
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.record import FOREVER, BillingRecord


def resolve_replacements(alone: Lifecycles) -> Lifecycles:
    """The same lifecycles, but a replaced one ends where the newer one starts."""
    lifecycles, record = dict(alone.by_id), alone.record
    processed: set[UUID] = set()
    while (newer := _first_unprocessed(lifecycles, processed)) is not None:
        processed.add(newer.subscription.id)
        for older in list(lifecycles.values()):
            at = _replaced_at(record, older, newer)
            if at is not None and _is_replaced(older, newer, at):
                end_reason: EndReason = "replaced" if _chosen_instead(older, newer) else "duplicate"
                lifecycles[older.subscription.id] = build_lifecycle(
                    alone.charges, older.subscription, at, end_reason, replaced_reversal=older.inherited_reversal
                )
    return Lifecycles(alone.charges, lifecycles)


def _first_unprocessed(
    lifecycles: dict[UUID, SubscriptionLifecycle], processed: set[UUID]
) -> SubscriptionLifecycle | None:
    """The first paid one that is not processed yet."""
    left = [each for each in lifecycles.values() if each.began_at is not None and each.subscription.id not in processed]
    return min(left, key=_payment_order, default=None)


def _payment_order(one: SubscriptionLifecycle) -> tuple[datetime, datetime, str]:
    """Sorts by time of payment. Several may have the same second, and the provider gives no better order."""
    return one.began_at or FOREVER, one.subscription.created_at, str(one.subscription.id)


def _replaced_at(record: BillingRecord, older: SubscriptionLifecycle, newer: SubscriptionLifecycle) -> datetime | None:
    """When `newer` replaces `older`: when its first paid period starts.

    A reversed payment replaces nothing, unless the user chose the replacement, or part of `older` was already refunded
    for it.
    """
    if not newer.accepted or _chosen_instead(older, newer) or _was_refunded_for(record, older, newer.accepted[0]):
        return newer.begins_at
    return min((newer.begins(each) for each in newer.accepted if each.reversed_at is None), default=None)


def _chosen_instead(older: SubscriptionLifecycle, newer: SubscriptionLifecycle) -> bool:
    """Whether the user chose `newer` to replace `older`."""
    return newer.subscription.replaces == older.subscription.id


def _was_refunded_for(record: BillingRecord, older: SubscriptionLifecycle, replacement: PaidPeriod) -> bool:
    """Whether a payment that was running at the replacement's first payment was refunded after it, and before the
    replacement itself was reversed."""
    running = [each for each in older.accepted if each.start <= replacement.at < each.end]
    moments = [refund.at for each in running for refund in payments.refunds(record, each.payment)]
    return any(replacement.at <= at <= (replacement.reversed_at or FOREVER) for at in moments)


def _is_replaced(older: SubscriptionLifecycle, newer: SubscriptionLifecycle, at: datetime) -> bool:
    """Whether `newer` ends `older` at that moment: `older` was paid before, or authorized to be charged later."""
    if older.subscription.id == newer.subscription.id or not _has_time_left(older, newer, at):
        return False
    if _chosen_instead(newer, older):
        return False
    if older.began_at is not None and _payment_order(older) < _payment_order(newer):
        return True
    authorized_at = older.subscription.snapshot_history.authorized_at
    not_charged_yet = older.began_at is None or older.began_at > at
    return authorized_at is not None and authorized_at <= at and not_charged_yet


def _has_time_left(older: SubscriptionLifecycle, newer: SubscriptionLifecycle, at: datetime) -> bool:
    """Whether `older` had not ended, or was paid for longer. A user who chose a replacement gets the rest refunded,
    even if the bank had ended `older`."""
    if older.ended_at > at:
        return True
    if not _chosen_instead(older, newer) or (older.ended_early_at or FOREVER) <= at:
        return False
    return any(each.end > at for each in older.accepted if each.reversed_at is None)
