"""Computes how much of a payment is refunded and what limits it. Previews and refunds use the same function."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from uuid import UUID

from oneai.billing.facts import Payment
from oneai.billing.projection import added_seats, payments, prepaid
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.policy import USAGE_KEPT, BillingPolicy
from oneai.billing.projection.spans import months, seconds
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.record import FOREVER, QuotaUse, RefundOperation, Subscription, UsageQuery

WINDOW_SECONDS = {"3hour": 10_800, "daily": 86_400}


@dataclass(frozen=True)
class RefundTerms:
    """The refund of a payment. `limited_by` is `time`, a quota key, `price` if the replacement costs less than the
    unused rest, or None in a dispute. `used` and `granted` are seconds of the period, or units of the key; None if too
    many days have passed."""

    charge: PaidPeriod
    amount: int
    limited_by: str | None = None
    used: Fraction | None = None
    granted: Fraction | None = None


def running_periods(lifecycle: SubscriptionLifecycle, at: datetime) -> list[PaidPeriod]:
    """The paid periods at that moment; a plan that was changed in place has several, and one that is paid ahead may
    have one that has not started."""
    return [each for each in lifecycle.accepted if each.start <= at < each.end or prepaid.is_ahead(each, at)]


def refund_key(payment_id: UUID) -> str:
    """The dedupe key of the refund for the unused part of a payment."""
    return f"refund:{payment_id}"


class RefundAmounts:
    """The refunds of a user's subscriptions as of `now`. `missing`: usage that must be loaded first."""

    def __init__(self, lifecycles: Lifecycles, policy: BillingPolicy, now: datetime) -> None:
        self._lifecycles, self._record, self._now = lifecycles, lifecycles.record, now
        self._within = policy.refunded_within
        self.missing: set[UsageQuery] = set()
        # Refunds of each subscription because it was replaced; each depends on the previous ones.
        self._for_replaced: dict[UUID, list[tuple[datetime, datetime, int]]] = {}

    def due(self, lifecycle: SubscriptionLifecycle) -> Iterator[tuple[Payment, int]]:
        """Refunds greater than zero for the unused part of a subscription that ended early. A refund that was sent
        keeps its amount."""
        at, reason = lifecycle.ended_early_at, lifecycle.end_reason
        if at is None or (reason == "requested" and not lifecycle.subscription.ended_by_user):
            return
        running = [each.payment for each in running_periods(lifecycle, at)]
        decided = {each.id: self._decided(each) for each in running}
        terms = list[RefundTerms]()
        if None in decided.values():
            terms = self.on_replacement(lifecycle, at) if reason == "replaced" else self.on_cancellation(lifecycle, at)
        unused = {each.charge.payment.id: each.amount for each in terms}
        for payment in running:
            amount = decided[payment.id]
            amount = unused[payment.id] if amount is None else amount
            if amount > 0:
                yield payment, amount

    def sent(self, payment: Payment) -> RefundOperation | None:
        """The refund for the unused part of a payment, if the provider may have received it."""
        operation = self._record.refund_operations.get(refund_key(payment.id))
        return operation if operation is not None and operation.sent else None

    def still_due(self, terms: RefundTerms) -> int:
        """What would be refunded of a payment now. A refund that was sent keeps its amount and is made once."""
        operation = self.sent(terms.charge.payment)
        if operation is None:
            return terms.amount
        made = operation.state == "succeeded" or any(payments.refunds(self._record, terms.charge.payment))
        return 0 if made else operation.amount

    def on_cancellation(self, lifecycle: SubscriptionLifecycle, at: datetime) -> list[RefundTerms]:
        """Terms for each payment running at `at` if the subscription ends then: the unused part, within the refund
        days. An earlier refund of a replaced subscription with older payments is deducted once, and never from a period
        that has not started."""
        left, terms = -self._refunded_for_replaced(lifecycle.subscription, at), list[RefundTerms]()
        for charge in running_periods(lifecycle, at):
            unused = self._unused(lifecycle, charge, at, within=self._within)
            if prepaid.is_ahead(charge, at):
                terms.append(unused)
                continue
            left += unused.amount
            terms.append(replace(unused, amount=_at_least_minimum(min(unused.amount, left), charge)))
        return terms

    def on_replacement(
        self, lifecycle: SubscriptionLifecycle, at: datetime, price: int | None = None
    ) -> list[RefundTerms]:
        """Terms for each payment running at `at` if another subscription replaces this one then: the unused part,
        however late, because no day is paid for twice. The limit is the replacement's price (`price`; None: its first
        payment) plus what a cancellation would refund, minus earlier refunds for replaced subscriptions."""
        refunded_before, terms = self._refunded_for_replaced(lifecycle.subscription, at), list[RefundTerms]()
        for charge in running_periods(lifecycle, at):
            unused = self._unused(lifecycle, charge, at)
            paid = self._replacement_price(lifecycle, charge) if price is None else price
            most = self._unused(lifecycle, charge, at, within=self._within).amount + paid - refunded_before
            # Only money is limited: time of the new plan cannot be turned into it.
            if most < unused.amount and prepaid.can_go_back(charge.payment, unused.amount, at):
                unused = RefundTerms(charge, _at_least_minimum(most, charge), "price")
            terms.append(unused)
        return terms

    def _replacement_price(self, lifecycle: SubscriptionLifecycle, charge: PaidPeriod) -> int:
        """The first payment, in the charge's currency, for the subscription that replaces this one."""
        paid = [
            (each.at, each.payment.amount)
            for other in self._lifecycles.all()
            if other.subscription.replaces == lifecycle.subscription.id and not other.subscription.checkout_cancelled
            for each in self._lifecycles.charges.of[other.subscription.id]
            if each.payment.currency == charge.payment.currency
        ]
        return min(paid, default=(charge.at, 0))[1]

    def _refunded_for_replaced(self, subscription: Subscription, at: datetime) -> int:
        """Refunds, within the refund days before `at`, of the subscriptions that this one replaced one after the other,
        although their payments were older."""
        total, before = 0, self._lifecycles.by_id.get(subscription.replaces) if subscription.replaces else None
        while before is not None:
            ours = before.subscription.id
            if ours not in self._for_replaced:
                self._for_replaced[ours] = list(self._replacement_refunds(before))
            total += sum(
                amount
                for as_of, paid_at, amount in self._for_replaced[ours]
                if at - self._within <= as_of <= at and as_of > paid_at + self._within
            )
            before = self._lifecycles.replaced_by(before)
        return total

    def _replacement_refunds(self, replaced: SubscriptionLifecycle) -> Iterator[tuple[datetime, datetime, int]]:
        """A subscription's refunds because it was replaced: the replacement's time, the payment's time, and the
        amount. Without those of periods that had not started: nothing of them was delivered."""
        ended = replaced.ended_early_at or FOREVER
        ahead = {each.payment.id for each in replaced.accepted if prepaid.is_ahead(each, ended)}
        added = [each.payment for each in replaced.accepted if each.added]
        paid = [*payments.payments(self._record, replaced.subscription), *added]
        sent = {each.id for each in paid if self.sent(each)}
        for payment in [each for each in paid if each.id not in ahead]:
            operation = self.sent(payment)
            if operation is not None and operation.reason == "replaced" and operation.state in ("pending", "succeeded"):
                yield operation.as_of or payment.at, payment.at, operation.amount
        at = replaced.ended_early_at if replaced.end_reason == "replaced" else None
        if at is not None and any(each.payment.id not in sent for each in running_periods(replaced, at)):
            for terms in self.on_replacement(replaced, at):
                if terms.charge.payment.id not in sent | ahead:
                    yield at, terms.charge.at, terms.amount

    def _unused(
        self, lifecycle: SubscriptionLifecycle, charge: PaidPeriod, at: datetime, *, within: timedelta | None = None
    ) -> RefundTerms:
        """The payment times the smallest unused share at `at` of anything that it grants, rounded down, minus earlier
        refunds. Zero if it is disputed, or was paid more than `within` ago and its period has started. Seats share one
        pool, whose used share counts equally against every payment that fills it."""
        payment = charge.payment
        if payments.disputed(self._record, payment):
            return RefundTerms(charge, 0)
        ahead = prepaid.is_ahead(charge, at)
        if within is not None and at > charge.at + within and not ahead:
            return RefundTerms(charge, 0, "time")
        begun, pool = _pool_of(lifecycle, charge, at)
        # Nothing can be used of a period that has not started.
        usage = () if ahead else self._usage(begun, at)
        shares = [_time(charge, at), *(_quota(pool, each) for each in usage)]
        key, used, granted = min(shares, key=lambda each: (_left(*each[1:]), each[0] != "time", each[0]))
        worth = payment.amount + charge.carried
        due = floor(worth * _left(used, granted)) - self._refunded_otherwise(payment)
        return RefundTerms(charge, _at_least_minimum(due, charge), key, used, granted)

    def _refunded_otherwise(self, payment: Payment) -> int:
        """Refunds of a payment besides the one that is being computed."""
        sent = self.sent(payment)
        refunds = payments.refunds(self._record, payment)
        return sum(each.amount for each in refunds if sent is None or each.operation_id != sent.id)

    def _decided(self, payment: Payment) -> int | None:
        """The refund that can no longer change, because it was sent or its usage is no longer known."""
        operation = self._record.refund_operations.get(refund_key(payment.id))
        if operation is not None and operation.sent:
            return operation.amount
        erased = self._record.workspace_id is None and payment.id in self._record.payments_with_invoice
        if erased or self._now > payment.at + USAGE_KEPT:
            return operation.amount if operation is not None and operation.state == "pending" else 0
        return None

    def _usage(self, charge: PaidPeriod, at: datetime) -> Sequence[QuotaUse]:
        query = UsageQuery(charge.tier, charge.at, at)
        try:
            return self._record.usage[query]
        except KeyError:
            self.missing.add(query)
            return ()


def _time(charge: PaidPeriod, at: datetime) -> tuple[str, Fraction, Fraction]:
    """The elapsed and the total seconds of the period at `at`."""
    whole = seconds(charge.end - charge.start)
    left = min(max(seconds(charge.end - at), Fraction(0)), whole)
    granted = max(whole, Fraction(1))
    return "time", granted - left, granted


def _pool_of(
    lifecycle: SubscriptionLifecycle, charge: PaidPeriod, at: datetime
) -> tuple[PaidPeriod, Sequence[PaidPeriod]]:
    """The charge that began this one's period, and all charges that fill its pool: only itself, unless seats were
    added."""
    begun = (added_seats.base_of(charge, lifecycle.accepted) or charge) if charge.added else charge
    added = [each for each in running_periods(lifecycle, at) if each.added]
    return begun, [begun, *(each for each in added if added_seats.base_of(each, lifecycle.accepted) == begun)]


def _quota(pool: Sequence[PaidPeriod], use: QuotaUse) -> tuple[str, Fraction, Fraction]:
    """The used and the granted units of a key."""
    return use.key, Fraction(use.used), Fraction(sum(_granted(each, use) for each in pool))


def _granted(charge: PaidPeriod, use: QuotaUse) -> int:
    """The units of a key that a charge grants: a monthly quota counts once for each month of the paid period, any other
    once for each window that starts in it. `use.limit` is that of one seat."""
    span = charge.end - charge.start
    months_of = charge.windows or months(span)
    windows = months_of if use.window == "monthly" else ceil(seconds(span) / WINDOW_SECONDS[use.window])
    return floor(use.limit * charge.seats * added_seats.share(charge)) * max(windows, 1)


def _left(used: Fraction, granted: Fraction) -> Fraction:
    return max(granted - used, Fraction(0)) / granted


def _at_least_minimum(amount: int, charge: PaidPeriod) -> int:
    return amount if amount >= capabilities_of(charge.payment.payment_provider).minimum_refund else 0
