"""Alerts about payments: new facts that operators should check."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from oneai.billing.facts import Key, Payment
from oneai.billing.merge import Changes
from oneai.billing.projection import orders, payments
from oneai.billing.projection.policy import REFUND_RETRIES
from oneai.billing.record import BillingRecord


@dataclass(frozen=True)
class Alert:
    """Something that operators should check."""

    kind: Literal["payment_quarantined", "payment_disputed", "payment_refunded", "provider_call_failed"]
    subject: str
    detail: dict[str, Any]


def quarantined(record: BillingRecord) -> Iterator[Key]:
    """The keys of payments that match nothing that was sold."""
    for payment in record.payments.values():
        subscription = payments.subscription_of(record, payment)
        if subscription is not None and payments.in_quarantine(record, subscription, payment):
            yield payment.key
        if payment.order_id is not None and orders.in_quarantine(record.orders[payment.order_id], payment):
            yield payment.key


def alerts(record: BillingRecord, changes: Changes) -> Iterator[Alert]:
    """Yields alerts for the changes of this observation."""
    in_quarantine = frozenset(quarantined(record))
    for payment in record.payments.values():
        subscription = payments.subscription_of(record, payment)
        is_new = payment.quarantined_at is None or payment.key in changes.payments
        awaited = subscription is not None and payments.awaits_invoice(record, subscription, payment)
        if is_new and payment.key in in_quarantine and not awaited:
            yield Alert("payment_quarantined", payment.ref, _detail(payment))
    for key in sorted(changes.disputes):
        dispute = record.disputes[key]
        payment = record.payments[dispute.payment_key]
        detail = {**_detail(payment), "dispute": dispute.ref, "status": dispute.status}
        yield Alert("payment_disputed", payment.ref, detail)
    for key in sorted(changes.new_refunds | changes.failed_refunds):
        refund = record.refunds[key]
        payment = record.payments[refund.payment_key]
        detail = {**_detail(payment), "refund": refund.ref, "refunded": refund.amount, "status": refund.status}
        if refund.operation_id is not None:
            if key in changes.failed_refunds:
                given_up = len(payments.failed_refunds(record, payment)) > REFUND_RETRIES
                yield Alert("provider_call_failed", payment.ref, {**detail, "given_up": given_up})
            continue
        subscription = payments.subscription_of(record, payment)
        if subscription is None or not payments.is_mandate_authorization(record, subscription, payment):
            yield Alert("payment_refunded", payment.ref, detail)


def _detail(payment: Payment) -> dict[str, Any]:
    return {
        **({"order": str(payment.order_id)} if payment.order_id else {"subscription": str(payment.subscription_id)}),
        "amount": payment.amount,
        "currency": payment.currency,
    }
