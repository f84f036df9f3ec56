"""Offers of operators: which payment of an offer counts, and the period that it bought.

An offer is paid once, by checkout or by bank transfer. A transfer counts before a checkout, because an operator has
confirmed it and no provider can send it back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oneai.billing.facts import Order, Payment
from oneai.billing.projection import bought_credits, payments
from oneai.billing.projection.orders import Purchase, purchases
from oneai.billing.projection.payments import Rejection
from oneai.billing.projection.spans import add_months
from oneai.billing.record import FOREVER, BillingRecord, Offer


@dataclass(frozen=True)
class PaidOffer:
    """An offer, the payment that counts, and the period that it paid for. `reversed_at`: all of the payment was
    refunded, or lost in a dispute."""

    offer: Offer
    payment: Payment
    start: datetime
    end: datetime
    reversed_at: datetime | None

    @property
    def ends(self) -> datetime:
        """When its plan ends: with its period, or when its payment came back."""
        return min(self.end, self.reversed_at or FOREVER)


def all_purchases(record: BillingRecord) -> Iterator[Purchase]:
    """The valid payments of all orders, with the reasons for which offers and orders for credits reject them."""
    found = tuple(bought_credits.judged(record, purchases(record)) if record.credit_orders else purchases(record))
    yield from _judged(record, found) if record.offers else found


def paid_offers(record: BillingRecord) -> list[PaidOffer]:
    """The offers that are paid, in the order of their payments."""
    if not record.offers:
        return []
    return sorted(
        (
            _paid(record, offer, purchase.payment)
            for purchase in all_purchases(record)
            if purchase.rejection is None and (offer := offer_of(record, purchase.order)) is not None
        ),
        key=lambda each: (each.payment.at, each.payment.ref),
    )


def offer_of(record: BillingRecord, order: Order) -> Offer | None:
    """The offer that an order pays."""
    return next((each for each in record.offers if order.key in (each.key, each.transfer_key)), None)


def _paid(record: BillingRecord, offer: Offer, payment: Payment) -> PaidOffer:
    start = max(payment.at, offer.starts_at or payment.at)
    return PaidOffer(offer, payment, start, add_months(start, offer.months), payments.reversed_at(record, payment))


def _judged(record: BillingRecord, found: Sequence[Purchase]) -> Iterator[Purchase]:
    """The purchases; of those that pay one offer, the first counts."""
    by_offer = dict[object, list[Purchase]]()
    for purchase in found:
        offer = offer_of(record, purchase.order)
        if offer is None or purchase.rejection is not None:
            yield purchase
        else:
            by_offer.setdefault(offer.id, []).append(purchase)
    for offer in record.offers:
        counted = False
        for purchase in sorted(by_offer.get(offer.id, ()), key=lambda each: _rank(offer, each)):
            rejection = "duplicate_payment" if counted else _rejection(offer, purchase)
            counted = counted or rejection is None
            yield purchase if rejection is None else replace(purchase, rejection=rejection)


def _rank(offer: Offer, purchase: Purchase) -> tuple[bool, datetime, str]:
    return purchase.order.key != offer.transfer_key, purchase.payment.at, purchase.payment.ref


def _rejection(offer: Offer, purchase: Purchase) -> Rejection | None:
    """Why a payment buys nothing. A transfer was checked when it was recorded."""
    if purchase.order.key == offer.transfer_key:
        return None
    if offer.withdrawn_at is not None and purchase.payment.at > offer.withdrawn_at:
        return "checkout_cancelled"
    return "period_over" if purchase.payment.at > offer.valid_until else None
