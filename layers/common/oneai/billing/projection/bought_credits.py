"""Prepaid credits: which payment of an order buys them, how long they last, and what of their price is refunded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from oneai import countries
from oneai.billing.credit_facts import CreditOrder
from oneai.billing.facts import Payment
from oneai.billing.projection import payments, prepaid
from oneai.billing.projection.orders import Purchase
from oneai.billing.projection.payments import Rejection
from oneai.billing.projection.policy import CREDITS_LAST_MONTHS, BillingPolicy
from oneai.billing.projection.spans import add_months
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.record import BillingRecord

# `refund`: its owner asked for it, or closed the workspace in time; `dispute`: lost; `reversal`: all of the payment was
# refunded otherwise.
type EndedBy = Literal["refund", "dispute", "reversal"]


@dataclass(frozen=True)
class CreditPurchase:
    """What a payment bought: the grant `payment_id` until `expires_at`. `disputed`: a dispute of the payment is open.
    `refunded_micro_usd`: the credits whose price went back. `project_at`: when answers that hold its credits may have
    ended."""

    order_id: UUID
    payment_id: UUID
    paid_at: datetime
    expires_at: datetime
    disputed: bool
    ended_by: EndedBy | None
    refunded_micro_usd: int
    project_at: datetime | None


@dataclass(frozen=True)
class CreditRefund:
    """The refund of a purchase: `amount` of its price, which is that of `credit_micro_usd`. What answers still hold
    counts as used."""

    amount: int
    credit_micro_usd: int
    used_micro_usd: int
    held_micro_usd: int


def judged(record: BillingRecord, found: Iterable[Purchase]) -> Iterator[Purchase]:
    """The purchases, with the reasons for which a payment buys no credits."""
    for purchase in found:
        order = record.credit_orders.get(purchase.order.id)
        if order is None or purchase.rejection is not None:
            yield purchase
            continue
        decided = order.judged.get(purchase.payment.id)
        payment = purchase.payment
        # What cannot be sent back is delivered late.
        late = payment.at > order.expires_at and prepaid.can_go_back(payment, payment.amount, payment.at)
        late = late or (decided is None and record.workspace_id is None)
        rejection: Rejection | None = decided.rejection if decided is not None else None
        if late:
            rejection = "period_over"
        elif countries.is_elsewhere(order.billing_country, payment=payment.country, network=order.network_country):
            rejection = "other_country"
        yield purchase if rejection is None else replace(purchase, rejection=rejection)


def undecided(record: BillingRecord, found: Iterable[Purchase]) -> Iterator[tuple[CreditOrder, Payment]]:
    """The payments that need a decision before they buy credits."""
    for order, payment in bought(record, found):
        if payment.id not in order.judged:
            yield order, payment


def credit_purchases(
    record: BillingRecord, found: Iterable[Purchase], now: datetime, policy: BillingPolicy
) -> Iterator[CreditPurchase]:
    """What the payments bought, in their order."""
    for order, payment in sorted(bought(record, found), key=lambda each: (each[1].at, each[1].ref)):
        ends, terms = ended_by(record, order, payment, policy), refund_terms(record, order, payment)
        waits = ends in ("refund", "dispute") and terms.held_micro_usd > 0
        yield CreditPurchase(
            order.id,
            payment.id,
            payment.at,
            add_months(payment.at, CREDITS_LAST_MONTHS),
            disputed=payments.disputed(record, payment) and ends is None,
            ended_by=ends,
            refunded_micro_usd=_taken_back(order, ends, terms),
            project_at=now if waits else None,
        )


def refund_terms(record: BillingRecord, order: CreditOrder, payment: Payment) -> CreditRefund:
    """The price less the share of everything that was used of the credits and of their bonus, at the price of the
    credits; never below zero. What was refunded otherwise is deducted."""
    use = order.judged.get(payment.id)
    used, held = (0, 0) if use is None else (use.used_micro_usd, use.held_micro_usd)
    left = max(order.credit_micro_usd - used - held, 0)
    amount = payment.amount * left // order.credit_micro_usd - _refunded_otherwise(record, payment)
    minimum = capabilities_of(payment.payment_provider).minimum_refund
    return CreditRefund(amount if amount >= minimum else 0, left, used, held)


def refund_key(payment: Payment) -> str:
    """The dedupe key of the refund that its owner asked for."""
    return f"refund:{payment.id}:credits"


def requested_refunds(
    record: BillingRecord, found: Iterable[Purchase], policy: BillingPolicy
) -> Iterator[tuple[Payment, int, datetime]]:
    """The refunds that owners asked for or that follow from a deletion, once no answer holds credits of the purchase. A
    refund that was sent keeps its amount."""
    for order, payment in bought(record, found):
        asked_at = refund_asked_at(order, payment, policy)
        if asked_at is None or payments.disputed(record, payment):
            continue
        operation, terms = record.refund_operations.get(refund_key(payment)), refund_terms(record, order, payment)
        sent = operation.amount if operation is not None and operation.sent else None
        if sent is not None or (terms.held_micro_usd == 0 and terms.amount > 0):
            yield payment, terms.amount if sent is None else sent, asked_at


def bought(record: BillingRecord, found: Iterable[Purchase]) -> Iterator[tuple[CreditOrder, Payment]]:
    """The orders for credits with the payments that buy them."""
    for purchase in found:
        order = record.credit_orders.get(purchase.order.id)
        if order is not None and purchase.rejection is None:
            yield order, purchase.payment


def refund_asked_at(order: CreditOrder, payment: Payment, policy: BillingPolicy) -> datetime | None:
    """When a refund of the purchase was asked for: by its owner, or by the deletion of its workspace within the refund
    days."""
    if order.refund_requested_at is not None and order.refund_requested_at >= payment.at:
        return order.refund_requested_at
    if order.closed_at is not None and order.closed_at <= payment.at + policy.refunded_within:
        return max(order.closed_at, payment.at)
    return None


def ended_by(record: BillingRecord, order: CreditOrder, payment: Payment, policy: BillingPolicy) -> EndedBy | None:
    """Why the credits of a payment ended before their time."""
    if any(each.status == "lost" for each in payments.disputes(record, payment)):
        return "dispute"
    if refund_asked_at(order, payment, policy) is not None:
        return "refund"
    return "reversal" if payments.reversed_at(record, payment) is not None else None


def _taken_back(order: CreditOrder, ends: EndedBy | None, terms: CreditRefund) -> int:
    """The credits of the purchase that its price no longer pays for, which count no more against what may be bought."""
    if ends == "refund":
        return terms.credit_micro_usd
    return order.credit_micro_usd if ends == "reversal" else 0


def _refunded_otherwise(record: BillingRecord, payment: Payment) -> int:
    """Refunds of the payment besides the one that its owner asked for."""
    ours = record.refund_operations.get(refund_key(payment))
    refunds = payments.refunds(record, payment)
    return sum(each.amount for each in refunds if ours is None or each.operation_id != ours.id)
