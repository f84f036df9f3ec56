"""Seats that were added within a paid period: a one-off order pays for the rest of it.

What they bring follows from the captured payment of the order and from what was quoted for it, never from a
subscription's quantity.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from oneai import countries
from oneai.billing.projection import orders, payments, prepaid
from oneai.billing.projection.payments import Charges, PaidPeriod
from oneai.billing.projection.spans import months, seconds
from oneai.billing.record import FOREVER, Subscription


def accept_added(
    charges: Charges, subscription: Subscription, accepted: Sequence[PaidPeriod]
) -> tuple[list[PaidPeriod], list[PaidPeriod]]:
    """The payments for seats that were added to the subscription: those that count, and those that came too late and
    are refunded in full. `accepted`: the subscription's own charges that count."""
    counted, rejected = list[PaidPeriod](), list[PaidPeriod]()
    for each, expires_at in _added(charges, subscription):
        # What cannot be sent back is delivered late, while the period lasts.
        refundable = each.at >= each.end or prepaid.can_go_back(each.payment, each.payment.amount, each.at)
        if each.at > expires_at and refundable:
            rejected.append(replace(each, rejection="period_over"))
        elif countries.is_elsewhere(
            subscription.billing_country, payment=each.payment.country, network=subscription.network_country
        ):
            rejected.append(replace(each, rejection="other_country"))
        elif base_of(each, accepted) is not None:
            counted.append(each)
    return counted, rejected


def base_of(added: PaidPeriod, accepted: Sequence[PaidPeriod]) -> PaidPeriod | None:
    """The charge that began the period to which the seats were added: of several, the one that lasts longest. None
    while it is unknown: then the seats bring nothing yet, and nothing is refunded."""
    bases = [each for each in accepted if not each.added and each.start <= added.start and added.end <= each.end]
    return max(bases, key=lambda each: (each.reversed_at or FOREVER, each.at), default=None)


def share(charge: PaidPeriod) -> Fraction:
    """The share of a window's units that a charge brings: all of it from the beginning of a period, and for added seats
    the rest of the period, counted in months, at most one."""
    return Fraction(1) if charge.whole is None else share_of_rest(charge.end - charge.start, charge.whole)


def share_of_rest(left: timedelta, whole: timedelta) -> Fraction:
    """The share of a window's units for the time that is `left` of a `whole` period."""
    share = max(seconds(left), Fraction(0)) * months(whole) / max(seconds(whole), Fraction(1))
    return min(share, Fraction(1))


def _added(charges: Charges, subscription: Subscription) -> Iterator[tuple[PaidPeriod, datetime]]:
    record = charges.record
    for purchase in orders.purchases(record) if record.seat_orders else ():
        order = record.seat_orders.get(purchase.order.key)
        if order is None or order.subscription_id != subscription.id or purchase.rejection is not None:
            continue
        tier = payments.subscription_tier(record, subscription)
        reversed_at = payments.reversed_at(record, purchase.payment)
        period = PaidPeriod(purchase.payment, order.quoted_at, order.period_end, tier, reversed_at, paid_in_full=False)
        yield replace(period, seats=order.seats, whole=order.period_end - order.period_start), order.expires_at
