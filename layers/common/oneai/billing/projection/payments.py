"""Payments: whether one matches what was sold, what it paid for, and whether it was refunded or lost in a dispute."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from oneai.billing.facts import Dispute, Payment, Refund
from oneai.billing.projection.policy import tier_rank
from oneai.billing.record import BillingRecord, KnownPrice, Subscription
from oneai.plans.limits_and_prices import PLANS

# Why a charge buys nothing (`lifecycle.py` decides it).
type Rejection = Literal[
    "checkout_cancelled",
    "period_over",
    "duplicate_payment",
    "subscription_ended",
    "cancellation_requested",
    "over_limit",
    "buying_blocked",
    "other_country",
]


@dataclass(frozen=True)
class PaidPeriod:
    """A valid payment and the period that it paid for. `reversed_at`: all of it was refunded or lost in a dispute.
    `paid_in_full`: its amount is a plan's price, or the total of an invoice without other lines. `rejection`: why it
    buys nothing, None if it counts. `seats`: how many its amount paid for. `whole`: the length of the period to which
    it added seats, from `start` to the period's end; None if it paid for a period from its beginning. `windows`: how
    many monthly windows a prepaid period has, None: those of the calendar. `carried`: what the rest of another payment
    was worth that made the period longer."""

    payment: Payment
    start: datetime
    end: datetime
    tier: str
    reversed_at: datetime | None
    paid_in_full: bool
    rejection: Rejection | None = None
    seats: int = 1
    whole: timedelta | None = None
    carried: int = 0
    windows: int | None = None

    @property
    def added(self) -> bool:
        """Whether it added seats to a period that another payment began."""
        return self.whole is not None

    @property
    def at(self) -> datetime:
        """When it was paid."""
        return self.payment.at

    def duplicates(self, other: "PaidPeriod") -> bool:
        """Whether it paid in full for the period of the other payment, which is not reversed."""
        if other.reversed_at is not None or not (self.paid_in_full and other.paid_in_full) or self.tier != other.tier:
            return False
        one, same = self.payment, other.payment
        billed = one.period_from == same.period_from == "invoice" and (self.start, self.end) == (other.start, other.end)
        return billed or (one.invoice_ref is not None and one.invoice_ref == same.invoice_ref)


@dataclass(frozen=True)
class Charges:
    """The facts of a user, and for each subscription the valid payments with their periods, in the order of payment."""

    record: BillingRecord
    of: Mapping[UUID, tuple[PaidPeriod, ...]]


def charges_of_mandate(record: BillingRecord, subscription: Subscription) -> tuple[PaidPeriod, ...]:
    """The valid payments of a subscription whose provider debits a mandate and says for which period."""
    periods = [
        PaidPeriod(
            payment,
            payment.period_start,
            payment.period_end,
            tier_of(record, subscription, payment),
            reversed_at(record, payment),
            _is_paid_in_full(record, subscription, payment),
            seats=seats_of(record, subscription, payment),
        )
        for payment in payments(record, subscription)
        if payment.period_start and payment.period_end and is_valid(record, subscription, payment)
    ]
    return tuple(sorted(periods, key=lambda each: (each.at, each.start, each.payment.ref)))


def seats_of(record: BillingRecord, subscription: Subscription, payment: Payment) -> int:
    """The seats that a payment paid for: its amount in prices of one seat, and not the quantity that the subscription
    shows. One for a plan that is not sold by the seat."""
    price = price_paid(record, subscription, payment)
    plan = None if price is None else PLANS.get(price.tier)
    return max(1, payment.amount // price.amount) if price is not None and plan is not None and plan.per_seat else 1


def price_paid(record: BillingRecord, subscription: Subscription, payment: Payment) -> KnownPrice | None:
    """The price that equals the amount of a payment, else the one that can explain it; None if none can."""
    return _price_of(record, subscription, payment) or _explained_by(record, subscription, payment)


def payments(record: BillingRecord, subscription: Subscription) -> Iterator[Payment]:
    """The subscription's payments of any status."""
    return (each for each in record.payments.values() if each.subscription_id == subscription.id)


def subscription_of(record: BillingRecord, payment: Payment) -> Subscription | None:
    """The subscription of a payment; None if it pays for an order."""
    return None if payment.subscription_id is None else record.subscriptions[payment.subscription_id]


def is_valid(record: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether the payment was captured and matches what was sold."""
    return payment.status == "captured" and not (
        is_mandate_authorization(record, subscription, payment) or in_quarantine(record, subscription, payment)
    )


def is_mandate_authorization(record: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether it is the small amount that authorizes a mandate before its first charge; the provider refunds it."""
    if subscription.start_at is None or payment.invoice_ref is not None or payment.released_at is not None:
        return False
    price = max((each.amount for each in _prices(record, subscription)), default=0)
    return payment.at < subscription.start_at and payment.amount < price


def in_quarantine(record: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether plan, quantity, offer, add-on and proration do not explain the captured amount."""
    if (
        payment.status != "captured"
        or payment.released_at is not None
        or is_mandate_authorization(record, subscription, payment)
    ):
        return False
    if _price_of(record, subscription, payment) is not None:
        return False
    return not (_billed(payment) and (payment.invoiced_extras or _offered(record, subscription, payment)))


def awaits_invoice(record: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether it is in quarantine only until the provider's invoice shows that an offer explains its amount."""
    unknown = payment.invoiced_amount is None and in_quarantine(record, subscription, payment)
    return unknown and _offered(record, subscription, payment)


def _offered(record: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether an offer can explain an amount below a price."""
    offered = bool(subscription.offer_ref or subscription.snapshot_history.offer_refs)
    return offered and any(payment.amount < most for most in _price_sums(record, subscription, payment.currency))


def tier_of(record: BillingRecord, subscription: Subscription, payment: Payment) -> str:
    """The tier that a payment paid for: that of the price equal to its amount, else of the price that can explain it,
    independent of the subscription's current plan."""
    price = price_paid(record, subscription, payment)
    return subscription_tier(record, subscription) if price is None else price.tier


def _explained_by(record: BillingRecord, subscription: Subscription, payment: Payment) -> KnownPrice | None:
    """The price behind an amount that equals none of the subscription's prices. An offer reduces it, other lines of an
    invoice add to it, and proration is charged only for an upgrade."""
    owned_prices = [each for each in _prices(record, subscription) if each.currency == payment.currency]
    counts = subscription.snapshot_history.quantities | {subscription.quantity}
    if "proration" in payment.invoiced_extras:
        return max(owned_prices, key=lambda each: (tier_rank(each.tier), each.amount), default=None)
    if payment.invoiced_extras:
        within = [each for each in owned_prices if each.amount <= payment.amount]
        return max(
            within, key=lambda each: each.amount, default=min(owned_prices, key=lambda each: each.amount, default=None)
        )
    above = [
        (each.amount * count, each) for each in owned_prices for count in counts if each.amount * count > payment.amount
    ]
    return min(above, key=lambda each: each[0], default=(0, None))[1]


def subscription_tier(record: BillingRecord, subscription: Subscription) -> str:
    """The tier of the subscription's plan in the newest snapshot."""
    price = current_price(record, subscription)
    return subscription.tier if price is None else price.tier


def current_price(record: BillingRecord, subscription: Subscription) -> KnownPrice | None:
    """The price of the provider's plan in the newest snapshot, if we sell it or sold it."""
    ref = subscription.snapshot.plan_ref if subscription.snapshot is not None else subscription.plan_ref
    return record.prices.get((subscription.payment_provider, ref or ""))


def _is_paid_in_full(record: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether it paid exactly the full price of a period."""
    if payment.invoiced_extras:
        return False
    return _billed(payment) or _price_of(record, subscription, payment) is not None


def _billed(payment: Payment) -> bool:
    """Whether it equals the provider's invoice."""
    return (payment.invoiced_amount, payment.invoiced_currency) == (payment.amount, payment.currency)


def reversed_at(record: BillingRecord, payment: Payment) -> datetime | None:
    """When the whole payment was refunded or lost in a dispute."""
    moments = [each.at for each in disputes(record, payment) if each.status == "lost"]
    amount = 0
    for refund in sorted(refunds(record, payment), key=lambda each: (each.at, each.ref)):
        amount += refund.amount
        if amount >= payment.amount:
            moments.append(refund.at)
            break
    return min(moments, default=None)


def disputed(record: BillingRecord, payment: Payment) -> bool:
    """Whether it is in dispute, or was lost in one."""
    return any(each.status not in ("won", "closed") for each in disputes(record, payment))


def disputes(record: BillingRecord, payment: Payment) -> Iterator[Dispute]:
    """The disputes of a payment."""
    return (each for each in record.disputes.values() if each.payment_key == payment.key)


def refunds(record: BillingRecord, payment: Payment) -> Iterator[Refund]:
    """The refunds of a payment, pending or processed."""
    return (each for each in record.refunds.values() if each.payment_key == payment.key and each.status != "failed")


def failed_refunds(record: BillingRecord, payment: Payment) -> list[Refund]:
    """Refunds of a payment that we requested, the provider accepted, and that failed later."""
    failed = [each for each in record.refunds.values() if each.payment_key == payment.key and each.status == "failed"]
    return sorted((each for each in failed if each.operation_id), key=lambda each: (each.at, each.ref))


def amount_refunded(record: BillingRecord, payment: Payment) -> int:
    """The amount of a payment that is or will be refunded."""
    return min(sum(each.amount for each in refunds(record, payment)), payment.amount)


def _price_of(record: BillingRecord, subscription: Subscription, payment: Payment) -> KnownPrice | None:
    """The price that, times a current or past quantity, equals the amount; the current plan's price first."""
    quantities = subscription.snapshot_history.quantities | {subscription.quantity}
    fits = [
        each
        for each in _prices(record, subscription)
        if each.currency == payment.currency and any(payment.amount == each.amount * count for count in quantities)
    ]
    return fits[0] if fits else None


def _price_sums(record: BillingRecord, subscription: Subscription, currency: str) -> list[int]:
    most = max(subscription.snapshot_history.quantities | {subscription.quantity})
    return [each.amount * most for each in _prices(record, subscription) if each.currency == currency]


def _prices(record: BillingRecord, subscription: Subscription) -> list[KnownPrice]:
    """All prices of this subscription: the first one, and those of every plan in its snapshots."""
    prices = []
    current = current_price(record, subscription)
    if current is not None:
        prices.append(current)
    if subscription.amount is not None and subscription.currency is not None:
        prices.append(
            KnownPrice(
                subscription.payment_provider,
                subscription.plan_ref or "",
                subscription.tier,
                subscription.period or "",
                subscription.currency,
                subscription.amount,
            )
        )
    keys = [(subscription.payment_provider, ref) for ref in sorted(subscription.snapshot_history.plan_refs)]
    return prices + [record.prices[key] for key in keys if key in record.prices]
