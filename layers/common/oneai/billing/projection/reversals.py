"""Reversals: money that came back through a lost dispute, or through a full refund that an operator made. A reversal
stops the subscription, because its next charge would be the next dispute."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from oneai.billing.facts import Payment
from oneai.billing.projection import payments
from oneai.billing.projection.payments import Charges, PaidPeriod
from oneai.billing.record import FOREVER, BillingRecord, Subscription


@dataclass(frozen=True)
class Reversal:
    """The payment that came back at `at`, and how. Nothing is charged afterwards. `inherited`: the payment belongs to
    the subscription that this one was to replace."""

    at: datetime
    payment: Payment
    by: Literal["dispute", "refund"]
    inherited: bool = False


def find_reversal(
    charges: Charges, subscription: Subscription, accepted: Sequence[PaidPeriod], rejected: Sequence[PaidPeriod]
) -> Reversal | None:
    """The first reversal that stops the subscription; None if there is none, or the subscription had ended before.

    - A lost dispute of any of its payments stops it, for any period and amount.
    - A full refund stops it if no payment for the same time or a later one remains. So refunding an older period, or
      one of two payments, does not.
    - Partial refunds do not stop it until together they equal the whole payment.

    A payment that bought nothing does not stop it: it is refunded anyway, and the subscription is paid without it. The
    provider itself refunds the payment that authorizes a mandate.
    """
    nothing_bought = {each.payment.key for each in rejected}
    reversals = [
        reversal
        for payment in payments.payments(charges.record, subscription)
        if payment.status == "captured" and payment.key not in nothing_bought
        for reversal in _reversals(charges.record, payment)
        if reversal.by == "dispute" or _leaves_nothing(charges.record, subscription, reversal, accepted)
    ]
    first = min(reversals, key=lambda each: (each.at, each.payment.ref, each.by), default=None)
    return None if first is None or (subscription.ended_at or FOREVER) <= first.at else first


def inherited_by(subscription: Subscription, accepted: Sequence[PaidPeriod], of: Reversal | None) -> Reversal | None:
    """The reversal of the subscription that this one was to replace, if this one was authorized but not paid by then.
    Its first charge would follow the payment that came back."""
    authorized_at = subscription.snapshot_history.authorized_at
    if of is None or authorized_at is None or authorized_at > of.at or any(each.at <= of.at for each in accepted):
        return None
    return Reversal(of.at, of.payment, of.by, inherited=True)


def _reversals(record: BillingRecord, payment: Payment) -> Iterator[Reversal]:
    lost_at = min((each.at for each in payments.disputes(record, payment) if each.status == "lost"), default=None)
    if lost_at is not None:
        yield Reversal(lost_at, payment, "dispute")
    ours, refunded, by_another_hand = _own_refunds(record), 0, False
    for refund in sorted(payments.refunds(record, payment), key=lambda each: (each.at, each.ref)):
        refunded += refund.amount
        by_another_hand |= refund.operation_id not in ours
        if refunded >= payment.amount:
            if by_another_hand:
                yield Reversal(refund.at, payment, "refund")
            return


def _own_refunds(record: BillingRecord) -> set[UUID]:
    """The refunds that this projection caused; all others are an operator's."""
    return {each.id for each in record.refund_operations.values() if each.reason != "operator"}


def _leaves_nothing(
    record: BillingRecord, subscription: Subscription, reversal: Reversal, accepted: Sequence[PaidPeriod]
) -> bool:
    """Whether no payment for the same time or a later one remained when the payment was refunded."""
    payment = reversal.payment
    if payments.is_mandate_authorization(record, subscription, payment):
        return False
    end = payment.period_end or payment.at
    return not any(
        each.payment.key != payment.key
        and each.at <= reversal.at
        and each.end >= end
        and (each.reversed_at or FOREVER) > reversal.at
        for each in accepted
    )
