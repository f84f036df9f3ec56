"""Money that came back by another hand: by a lost dispute, or by a full refund that an operator made. It stops a
subscription, because the next charge of it would be the next dispute."""

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
    """The payment that came back at `at`, and how. Nothing is charged afterwards. `inherited`: it is a payment of the
    subscription that this one was to replace."""

    at: datetime
    payment: Payment
    by: Literal["dispute", "refund"]
    inherited: bool = False


def find_reversal(
    charges: Charges, subscription: Subscription, accepted: Sequence[PaidPeriod], rejected: Sequence[PaidPeriod]
) -> Reversal | None:
    """The first reversal that stops the subscription; None where none does, or where it had ended before.

    - A lost dispute of any of its payments stops it, whatever period that one paid for and however much was disputed.
    - A refund in full stops it where nothing that was paid for the same time or a later one remains. So the refund of
      an older period, or of one of two payments, does not.
    - A partial refund does not, until the refunds together are the whole payment.

    A payment that bought nothing stops nothing: it is refunded anyway, and the subscription is paid for without it. The
    provider itself refunds what authorizes a mandate.
    """
    nothing_bought = {each.payment.ref for each in rejected}
    reversals = [
        reversal
        for payment in payments.payments(charges.record, subscription)
        if payment.status == "captured" and payment.ref not in nothing_bought
        for reversal in _reversals(charges.record, payment)
        if reversal.by == "dispute" or _leaves_nothing(charges.record, subscription, reversal, accepted)
    ]
    first = min(reversals, key=lambda each: (each.at, each.payment.ref, each.by), default=None)
    return None if first is None or (subscription.ended_at or FOREVER) <= first.at else first


def inherited_by(subscription: Subscription, accepted: Sequence[PaidPeriod], of: Reversal | None) -> Reversal | None:
    """The reversal of the subscription that this one was to replace, where this one was authorized by then and not
    paid for: its first charge would follow the money that came back."""
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
    """The refunds that followed from this projection; an operator's is another hand's."""
    return {each.id for each in record.refund_operations.values() if each.reason != "operator"}


def _leaves_nothing(
    record: BillingRecord, subscription: Subscription, reversal: Reversal, accepted: Sequence[PaidPeriod]
) -> bool:
    """Whether nothing remained, when the payment was refunded, that was paid for the same time or a later one."""
    payment = reversal.payment
    if payments.is_mandate_authorization(record, subscription, payment):
        return False
    end = payment.period_end or payment.at
    return not any(
        each.payment.ref != payment.ref
        and each.at <= reversal.at
        and each.end >= end
        and (each.reversed_at or FOREVER) > reversal.at
        for each in accepted
    )
