"""Prepaid periods: at a provider without mandates, a payment buys one period, and nothing is debited after it.

A period begins with its payment, or at the end of the period before it. It carries its units once, in windows of thirty
days from its own beginning: never in calendar months as well, in which a period over the turn of a month would have
them twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from oneai.billing.facts import Payment
from oneai.billing.projection import payments
from oneai.billing.projection.payments import Charges, PaidPeriod
from oneai.billing.projection.policy import REMINDED_BEFORE
from oneai.billing.projection.spans import seconds
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.record import FOREVER, BillingRecord, Subscription

LENGTHS = {"monthly": timedelta(days=30), "yearly": timedelta(days=365)}
WINDOW = timedelta(days=30)


class Window(NamedTuple):
    """A window of monthly quotas within a prepaid period."""

    start: datetime
    end: datetime


def is_prepaid(subscription: Subscription) -> bool:
    """Whether its periods are paid ahead, one by one."""
    return capabilities_of(subscription.payment_provider).renewal == "prepaid"


def read_charges(record: BillingRecord) -> Charges:
    """The valid payments of each subscription with their periods, as its provider charges."""
    return Charges(
        record,
        {
            ours: charges_of(record, each) if is_prepaid(each) else payments.charges_of_mandate(record, each)
            for ours, each in record.subscriptions.items()
        },
    )


def charges_of(record: BillingRecord, subscription: Subscription) -> tuple[PaidPeriod, ...]:
    """The valid payments with the periods that they bought, each after the one before it. A period that was reversed
    ends then, and the next one begins as soon as it may."""
    periods, free_from = list[PaidPeriod](), subscription.start_at
    found = [each for each in payments.payments(record, subscription) if payments.is_valid(record, subscription, each)]
    for payment in sorted(found, key=lambda each: (each.at, each.ref)):
        price = payments.price_paid(record, subscription, payment)
        length = LENGTHS[(price.period if price is not None else subscription.period) or "monthly"]
        start = payment.at if free_from is None else max(payment.at, free_from)
        charge = PaidPeriod(
            *(payment, start, start + length, payments.tier_of(record, subscription, payment)),
            *(payments.reversed_at(record, payment), False),
            seats=payments.seats_of(record, subscription, payment),
            windows=windows_in(length),
        )
        periods.append(charge)
        free_from = max(ends(charge), start)
    return tuple(periods)


def ends(charge: PaidPeriod) -> datetime:
    """When access by a charge ends: with its period, or when its payment came back."""
    return min(charge.end, charge.reversed_at or FOREVER)


def windows_in(length: timedelta) -> int:
    """How many windows a period has: a month one, a year twelve; the last one lasts to its end."""
    return max(length // WINDOW, 1)


def windows(charge: PaidPeriod) -> Iterator[Window]:
    """The windows of a period."""
    count = charge.windows or 1
    for number in range(count):
        end = charge.end if number == count - 1 else charge.start + (number + 1) * WINDOW
        yield Window(charge.start + number * WINDOW, end)


def window_at(charges: Iterable[PaidPeriod], at: datetime) -> Window | None:
    """The window that runs at that moment; None if none does."""
    running = [each for each in charges if each.windows is not None and each.start <= at < ends(each)]
    found = [window for each in running for window in windows(each) if window.start <= at < window.end]
    return max(found, default=None)


def longer(charges: Iterable[PaidPeriod], more: timedelta, carried: int) -> tuple[PaidPeriod, ...]:
    """The first period, longer by the time that another payment's rest is worth, with that rest as `carried`; those
    after it begin and end later."""
    first, *others = charges
    grown = replace(first, end=first.end + more, carried=carried, windows=windows_in(first.end + more - first.start))
    moved, free_from = [grown], ends(grown)
    for each in others:
        start = max(each.at, free_from)
        moved.append(replace(each, start=start, end=start + (each.end - each.start)))
        free_from = max(ends(moved[-1]), start)
    return tuple(moved)


def time_for(amount: int, charge: PaidPeriod) -> timedelta:
    """The time that an amount buys at the price of a period, to the second. What the period carries has made it
    longer."""
    whole = seconds(charge.end - charge.start)
    return timedelta(seconds=int(whole * amount / max(charge.payment.amount + charge.carried, 1)))


def can_go_back(payment: Payment, amount: int, at: datetime) -> bool:
    """Whether the provider can send this much of a payment back at that moment."""
    terms = capabilities_of(payment.payment_provider).refund_terms(payment.method)
    in_time = terms.within is None or at < payment.at + terms.within
    fits = amount <= payment.amount if terms.in_part else amount == payment.amount
    return in_time and terms.possible and fits


def is_ahead(charge: PaidPeriod, at: datetime) -> bool:
    """Whether a prepaid period was paid for at that moment, and had not started."""
    return charge.windows is not None and charge.at <= at < charge.start


def reminded_at(charge: PaidPeriod) -> datetime:
    """When the payer is reminded of the end of their last period."""
    return max(charge.end - REMINDED_BEFORE, charge.start)
