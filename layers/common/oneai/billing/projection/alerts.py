"""Alerts about payments: what has just become known and operators should check."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from oneai.billing.merge import Changes
from oneai.billing.projection import payments
from oneai.billing.projection.policy import REFUND_RETRIES
from oneai.billing.record import BillingRecord, Payment


@dataclass(frozen=True)
class Alert:
    """What operators should know."""

    kind: Literal["payment_quarantined", "payment_disputed", "payment_refunded", "provider_call_failed"]
    subject: str
    detail: dict[str, Any]


def alerts(record: BillingRecord, changes: Changes) -> Iterator[Alert]:
    """What has just become known and operators should check."""
    for payment in record.payments.values():
        subscription = record.subscriptions[payment.subscription_id]
        is_new = payment.quarantined_at is None or payment.ref in changes.payments
        quarantined = is_new and payments.in_quarantine(record, subscription, payment)
        if quarantined and not payments.awaits_invoice(record, subscription, payment):
            yield Alert("payment_quarantined", payment.ref, _detail(payment))
    by_id = {each.id: each for each in record.payments.values()}
    for ref in sorted(changes.disputes):
        dispute = record.disputes[ref]
        payment = by_id[dispute.payment_id]
        yield Alert("payment_disputed", payment.ref, {**_detail(payment), "dispute": ref, "status": dispute.status})
    for ref in sorted(changes.new_refunds | changes.failed_refunds):
        refund = record.refunds[ref]
        payment = by_id[refund.payment_id]
        detail = {**_detail(payment), "refund": ref, "refunded": refund.amount, "status": refund.status}
        if refund.operation_id is not None:
            if ref in changes.failed_refunds:
                given_up = len(payments.failed_refunds(record, payment)) > REFUND_RETRIES
                yield Alert("provider_call_failed", payment.ref, {**detail, "given_up": given_up})
        elif not payments.is_mandate_authorization(record, record.subscriptions[payment.subscription_id], payment):
            yield Alert("payment_refunded", payment.ref, detail)


def _detail(payment: Payment) -> dict[str, Any]:
    return {
        "subscription": str(payment.subscription_id),
        "amount": payment.amount,
        "currency": payment.currency,
    }
