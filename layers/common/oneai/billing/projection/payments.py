"""What a payment is worth: whether it is what was sold, what it paid for, and whether it was given or taken back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oneai.billing.projection.policy import order
from oneai.billing.record import BillingRecord, Payment, Price, Refund, Subscription


@dataclass(frozen=True)
class PaidPeriod:
    """A payment that is in order and the period it paid for. `taken_back_at`: all of it was given back or lost;
    `full`: its sum is a plan's price, or all its invoice asks for, and that has nothing else on it."""

    payment: Payment
    start: datetime
    end: datetime
    tier: str
    taken_back_at: datetime | None
    full: bool

    @property
    def at(self) -> datetime:
        """When it was paid."""
        return self.payment.at

    def again(self, other: "PaidPeriod") -> bool:
        """Whether it paid in full for the period that the other, which was not given back, had paid for."""
        if other.taken_back_at is not None or not (self.full and other.full) or self.tier != other.tier:
            return False
        one, same = self.payment, other.payment
        billed = one.period_from == same.period_from == "invoice" and (self.start, self.end) == (other.start, other.end)
        return billed or (one.invoice_ref is not None and one.invoice_ref == same.invoice_ref)


def charges(known: BillingRecord, subscription: Subscription) -> list[PaidPeriod]:
    """Everything that was paid for a subscription and is in order, in the order it was paid."""
    found = [
        PaidPeriod(
            payment,
            payment.period_start,
            payment.period_end,
            tier_of(known, subscription, payment),
            taken_back_at(known, payment),
            _in_full(known, subscription, payment),
        )
        for payment in payments(known, subscription)
        if payment.period_start and payment.period_end and in_order(known, subscription, payment)
    ]
    return sorted(found, key=lambda each: (each.at, each.start, each.payment.ref))


def payments(known: BillingRecord, subscription: Subscription) -> Iterator[Payment]:
    """Its payments of any status."""
    return (each for each in known.payments.values() if each.subscription_id == subscription.id)


def in_order(known: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether the money came in and is what was sold."""
    return payment.status == "captured" and not (
        is_token(known, subscription, payment) or in_quarantine(known, subscription, payment)
    )


def is_token(known: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """A small sum that proves a mandate whose first charge comes later; the provider gives it back by itself."""
    if subscription.start_at is None or payment.invoice_ref is not None or payment.released_at is not None:
        return False
    asked = max((each.amount for each in _prices(known, subscription)), default=0)
    return payment.at < subscription.start_at and payment.amount < asked


def in_quarantine(known: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether the money that came in is not explained by plan, quantity, offer, add-on or proration."""
    if payment.status != "captured" or payment.released_at is not None or is_token(known, subscription, payment):
        return False
    if _price_of(known, subscription, payment) is not None:
        return False
    return not (_billed(payment) and (payment.invoiced_extras or _offered(known, subscription, payment)))


def awaits_invoice(known: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether it is in quarantine only until the provider's invoice says that the offer made it so much."""
    unknown = payment.invoiced_amount is None and in_quarantine(known, subscription, payment)
    return unknown and _offered(known, subscription, payment)


def _offered(known: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether an offer can explain the sum, which is less than a price."""
    offered = bool(subscription.offer_ref or subscription.seen.offer_refs)
    return offered and any(payment.amount < most for most in _sums(known, subscription, payment.currency))


def tier_of(known: BillingRecord, subscription: Subscription, payment: Payment) -> str:
    """The tier a payment paid for: what its sum is the price of, else what can explain the sum, whatever plan the
    subscription has become since."""
    price = _price_of(known, subscription, payment) or _explained_by(known, subscription, payment)
    return subscription_tier(known, subscription) if price is None else price.tier


def _explained_by(known: BillingRecord, subscription: Subscription, payment: Payment) -> Price | None:
    """Of the prices it has or had, the one that a sum unlike all of them was asked for: an offer takes something off,
    other lines of an invoice add to it, and a proration is only ever asked for going up."""
    had = [each for each in _prices(known, subscription) if each.currency == payment.currency]
    counts = subscription.seen.quantities | {subscription.quantity}
    if "proration" in payment.invoiced_extras:
        return max(had, key=lambda each: (order(each.tier), each.amount), default=None)
    if payment.invoiced_extras:
        within = [each for each in had if each.amount <= payment.amount]
        return max(within, key=lambda each: each.amount, default=min(had, key=lambda each: each.amount, default=None))
    above = [(each.amount * count, each) for each in had for count in counts if each.amount * count > payment.amount]
    return min(above, key=lambda each: each[0], default=(0, None))[1]


def subscription_tier(known: BillingRecord, subscription: Subscription) -> str:
    """What the subscription is for by the newest word about its plan."""
    price = current_price(known, subscription)
    return subscription.tier if price is None else price.tier


def current_price(known: BillingRecord, subscription: Subscription) -> Price | None:
    """The price of the provider's plan that the newest snapshot names, if we sell or sold it."""
    ref = subscription.snapshot.plan_ref if subscription.snapshot is not None else subscription.plan_ref
    return known.prices.get(ref or "")


def _in_full(known: BillingRecord, subscription: Subscription, payment: Payment) -> bool:
    """Whether it paid all there was to pay for a period, and for nothing else."""
    if payment.invoiced_extras:
        return False
    return _billed(payment) or _price_of(known, subscription, payment) is not None


def _billed(payment: Payment) -> bool:
    """Whether the provider's invoice asked for as much."""
    return (payment.invoiced_amount, payment.invoiced_currency) == (payment.amount, payment.currency)


def taken_back_at(known: BillingRecord, payment: Payment) -> datetime | None:
    """When all of a payment was given back, or lost to its payer's bank."""
    moments = [each.at for each in known.disputes.values() if each.payment_id == payment.id and each.status == "lost"]
    back = 0
    for refund in sorted(refunds(known, payment), key=lambda each: (each.at, each.ref)):
        back += refund.amount
        if back >= payment.amount:
            moments.append(refund.at)
            break
    return min(moments, default=None)


def disputed(known: BillingRecord, payment: Payment) -> bool:
    """Whether its payer's bank questions it, or has taken it back."""
    return any(
        each.payment_id == payment.id and each.status not in ("won", "closed") for each in known.disputes.values()
    )


def refunds(known: BillingRecord, payment: Payment) -> Iterator[Refund]:
    """What goes back or went back of a payment."""
    return (each for each in known.refunds.values() if each.payment_id == payment.id and each.status != "failed")


def failed_of_ours(known: BillingRecord, payment: Payment) -> list[Refund]:
    """What we gave back of a payment and the provider took, and what did not get there."""
    ours = [each for each in known.refunds.values() if each.payment_id == payment.id and each.call_id is not None]
    return sorted((each for each in ours if each.status == "failed"), key=lambda each: (each.at, each.ref))


def given_back(known: BillingRecord, payment: Payment) -> int:
    """How much of a payment goes back or went back."""
    return min(sum(each.amount for each in refunds(known, payment)), payment.amount)


def _price_of(known: BillingRecord, subscription: Subscription, payment: Payment) -> Price | None:
    """The price that the sum paid is the price of, times a quantity it has or had; the present plan's first."""
    quantities = subscription.seen.quantities | {subscription.quantity}
    fits = [
        each
        for each in _prices(known, subscription)
        if each.currency == payment.currency and any(payment.amount == each.amount * count for count in quantities)
    ]
    return fits[0] if fits else None


def _sums(known: BillingRecord, subscription: Subscription, currency: str) -> list[int]:
    most = max(subscription.seen.quantities | {subscription.quantity})
    return [each.amount * most for each in _prices(known, subscription) if each.currency == currency]


def _prices(known: BillingRecord, subscription: Subscription) -> list[Price]:
    """Prices this subscription has or had: what it was opened for, and of every plan the provider ever named."""
    found = []
    current = current_price(known, subscription)
    if current is not None:
        found.append(current)
    if subscription.amount is not None and subscription.currency is not None:
        found.append(
            Price(
                subscription.plan_ref or "",
                subscription.tier,
                subscription.period or "",
                subscription.currency,
                subscription.amount,
            )
        )
    found += [known.prices[ref] for ref in sorted(subscription.seen.plan_refs) if ref in known.prices]
    return found
