"""What becomes of money that is due and cannot go back, as after a virtual account's payment: time of the plan that
follows, at its price, or credits, if its user chose them when they cancelled."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from oneai.billing.projection import prepaid
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle, add_seats
from oneai.billing.projection.policy import USAGE_KEPT, BillingPolicy
from oneai.billing.projection.refunds import RefundAmounts, running_periods
from oneai.billing.record import FOREVER


class Returned(NamedTuple):
    """What a subscription that ended early returns: `money` goes back, `kept` cannot."""

    money: int
    kept: int


@dataclass(frozen=True)
class ReturnedCredits:
    """The `amount` of a payment that becomes credits. `reversed`: its bank took the payment back, so they end."""

    payment_id: UUID
    amount: int
    currency: str
    reversed: bool = False


def returned_credits(amounts: RefundAmounts, lifecycles: Lifecycles) -> Iterator[ReturnedCredits]:
    """What users have as credits, because it cannot go back and they chose so."""
    for lifecycle in lifecycles.all():
        at = lifecycle.ended_early_at
        if at is None or lifecycle.end_reason != "requested" or not lifecycle.subscription.rest_as_credits:
            continue
        for charge in running_periods(lifecycle, at):
            if charge.reversed_at is not None:
                yield ReturnedCredits(charge.payment.id, 0, charge.payment.currency, reversed=True)
        for payment, amount in amounts.due(lifecycle):
            if not prepaid.can_go_back(payment, amount, at):
                yield ReturnedCredits(payment.id, amount, payment.currency)


def give_time(lifecycles: Lifecycles, policy: BillingPolicy, now: datetime) -> Lifecycles:
    """The same lifecycles, where the first period of a plan is longer by what it took over from the plan before it.
    What one took over, the next one takes over too."""
    ended = [each for each in lifecycles.all() if each.ended_early_at is not None and _is_replaced(each)]
    for each in sorted(ended, key=lambda each: (each.ended_early_at or FOREVER, str(each.subscription.id))):
        older, newer = lifecycles.by_id[each.subscription.id], _follower(lifecycles, each)
        if newer is None:
            continue
        kept = returned(RefundAmounts(lifecycles, policy, now), older).kept
        more = prepaid.time_for(kept, newer.accepted[0]) if kept > 0 else _stored_time(older, newer, now)
        if more > timedelta():
            grown = _with_time(lifecycles, newer, more, kept)
            lifecycles = Lifecycles(lifecycles.charges, {**lifecycles.by_id, newer.subscription.id: grown})
    return lifecycles


def returned(amounts: RefundAmounts, lifecycle: SubscriptionLifecycle) -> Returned:
    """What is due for the unused rest of a subscription that ended early, by whether it can go back."""
    at = lifecycle.ended_early_at
    money = kept = 0
    for payment, amount in amounts.due(lifecycle) if at is not None else ():
        if at is not None and prepaid.can_go_back(payment, amount, at):
            money += amount
        else:
            kept += amount
    return Returned(money, kept)


def _is_replaced(lifecycle: SubscriptionLifecycle) -> bool:
    return lifecycle.end_reason in ("replaced", "duplicate") and prepaid.is_prepaid(lifecycle.subscription)


def _follower(lifecycles: Lifecycles, older: SubscriptionLifecycle) -> SubscriptionLifecycle | None:
    """The prepaid plan that began where this one ended."""
    found = [
        each
        for each in lifecycles.all()
        if each.accepted and prepaid.is_prepaid(each.subscription) and each.begins_at == older.ended_early_at
    ]
    return min(found, key=lambda each: str(each.subscription.id), default=None)


def _stored_time(older: SubscriptionLifecycle, newer: SubscriptionLifecycle, now: datetime) -> timedelta:
    """The time by which the stored first period is longer, once the use that it follows from is no longer known."""
    first = newer.accepted[0]
    known = any(now <= each.at + USAGE_KEPT for each in older.accepted)
    if known or first.payment.period_end is None:
        return timedelta()
    return max(first.payment.period_end - first.end, timedelta())


def _with_time(
    lifecycles: Lifecycles, lifecycle: SubscriptionLifecycle, more: timedelta, kept: int
) -> SubscriptionLifecycle:
    """Seats that were added find their periods again: the first is longer, and others are later."""
    carried = lifecycle.accepted[0].carried + kept
    accepted = list(prepaid.longer(lifecycle.own, more, carried))
    unexpected = [each for each in lifecycle.unexpected if not each.added]
    if lifecycles.record.seat_orders:
        ended_at = lifecycle.ended_early_at or FOREVER
        add_seats(lifecycles.charges, lifecycle.subscription, accepted, unexpected, ended_at)
    cancel_at = max(prepaid.ends(each) for each in accepted)
    return replace(lifecycle, accepted=tuple(accepted), unexpected=tuple(unexpected), cancel_at=cancel_at)
