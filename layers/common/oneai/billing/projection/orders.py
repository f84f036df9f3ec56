"""One-off payments: which of an order's payments matches the order. They grant nothing by themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from oneai.billing.facts import Order, Payment
from oneai.billing.projection import payments
from oneai.billing.projection.payments import Rejection
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.record import BillingRecord

# How often an order is fetched after a payment, and for how long, because refunds may come without an event. Where the
# provider lists refunds, the job has found them before (listed_payments.py); elsewhere it is SYNC_OFTEN.
SYNC_EVERY, SYNCED_FOR = timedelta(days=7), timedelta(days=180)
# An unpaid order for seats is fetched this long after it expired, because its payment may have no event.
SYNCED_AFTER_EXPIRY = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
# An unpaid order for credits is fetched this long after it was opened, and after it expired.
SYNCED_AFTER_OPENING = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30))
# One that is debited is fetched this long after the debit.
SYNCED_AFTER_DEBIT = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
# While the order is not completely known, a refund is pending, or refunds are not listed.
SYNC_OFTEN = timedelta(days=1)


@dataclass(frozen=True)
class Purchase:
    """A payment for an order. `rejection`: why it buys nothing and is refunded in full."""

    order: Order
    payment: Payment
    rejection: Rejection | None = None


def purchases(record: BillingRecord) -> Iterator[Purchase]:
    """The valid payments of all orders. An order is bought once: another payment counts only if the previous one was
    reversed."""
    for order in record.orders.values():
        bought: Payment | None = None
        for payment in sorted(payments_of(record, order), key=lambda each: (each.at, each.ref)):
            if payment.status != "captured" or order.amount is None or in_quarantine(order, payment):
                continue
            reversed_at = payments.reversed_at(record, bought) if bought is not None else payment.at
            if reversed_at is None or reversed_at > payment.at:
                yield Purchase(order, payment, "duplicate_payment")
            else:
                bought = payment
                yield Purchase(order, payment)


def payments_of(record: BillingRecord, order: Order) -> Iterator[Payment]:
    """The order's payments of any status."""
    return (each for each in record.payments.values() if each.order_id == order.id)


def in_quarantine(order: Order, payment: Payment) -> bool:
    """Whether the payment differs from the order's price."""
    expected = (order.amount, order.currency)
    is_other = order.amount is not None and (payment.amount, payment.currency) != expected
    return payment.status == "captured" and payment.released_at is None and is_other


def next_sync_at(record: BillingRecord, order: Order, now: datetime) -> datetime | None:
    """When to fetch a paid order next: daily while it is not completely known or a refund is pending, or if its
    provider lists no refunds, else weekly; None if no changes are expected."""
    paid = sorted((each for each in payments_of(record, order) if each.status == "captured"), key=lambda each: each.at)
    if any(order.key == each.transfer_key for each in record.offers):
        return None
    if not paid and (offer := next((each for each in record.offers if each.key == order.key), None)) is not None:
        return _next_sync_of_offer(offer.valid_until, now)
    if not paid and order.key in record.seat_orders:
        return _next_of(_after(record.seat_orders[order.key].expires_at, SYNCED_AFTER_EXPIRY), now)
    if not paid and (bought := record.credit_orders.get(order.id)) is not None:
        opened = _after(bought.opened_at, SYNCED_AFTER_OPENING)
        debited = [] if bought.charge_at is None else _after(bought.charge_at, SYNCED_AFTER_DEBIT)
        return _next_of([*opened, *debited, *_after(bought.expires_at, SYNCED_AFTER_EXPIRY)], now)
    if not paid or now >= paid[-1].at + SYNCED_FOR:
        return None
    first = paid[0].at
    pending = any(each.status == "pending" for payment in paid for each in payments.refunds(record, payment))
    listed = capabilities_of(order.payment_provider).lists_payments
    every = SYNC_OFTEN if pending or order.amount is None or not listed else SYNC_EVERY
    return first + every * ((now - first) // every + 1)


def _next_sync_of_offer(valid_until: datetime, now: datetime) -> datetime | None:
    """When to fetch the unpaid order of an offer next: daily while the offer is open, and a few times afterwards."""
    if now < valid_until:
        return min(now + SYNC_OFTEN, valid_until)
    return _next_of(_after(valid_until, SYNCED_AFTER_EXPIRY), now)


def _after(moment: datetime, spans: Iterable[timedelta]) -> list[datetime]:
    return [moment + each for each in spans]


def _next_of(moments: Iterable[datetime], now: datetime) -> datetime | None:
    return min((each for each in moments if now < each), default=None)
