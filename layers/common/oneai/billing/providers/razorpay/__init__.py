"""Razorpay as a payment provider: the face of `providers/face.py`, and what only its checkout and its mandates have.

Only this package and its client, `oneai/clients/razorpay.py`, use Razorpay's names.
"""

from typing import TYPE_CHECKING

from oneai.billing.facts import Event, Observation
from oneai.billing.providers.face import Cancel, ChangePlan, Fetch, Operation, Pause, RefundPayment, Resume
from oneai.billing.providers.razorpay.capabilities import CAPABILITIES
from oneai.billing.providers.razorpay.entities import NAME
from oneai.billing.providers.razorpay.events import event_of
from oneai.billing.providers.razorpay.fetch import (
    changes_in_place,
    fetch_order,
    fetch_paid,
    fetch_payment,
    fetch_subscription,
    find_checkout,
    list_disputes,
    list_payments,
    list_refunds,
)
from oneai.billing.providers.razorpay.plans import create_plan, list_plans
from oneai.billing.providers.razorpay.recurring import (
    authorizing,
    authorizing_options,
    customer_of,
    debit,
    debited,
    end_mandate,
    fetch_mandate,
)
from oneai.billing.providers.razorpay.requests import (
    cancel,
    change_plan,
    checkout_options,
    is_payable,
    open_checkout,
    open_order,
    order_options,
    pause,
    portal_url,
    proration,
    refund,
    resume,
)
from oneai.billing.providers.razorpay.signatures import event_id, is_configured, verify, verify_checkout, verify_order

if TYPE_CHECKING:
    from oneai.billing.providers import razorpay
    from oneai.billing.providers.face import DebitsOrders, ListsPayments

    _: ListsPayments = razorpay
    _debits: DebitsOrders = razorpay

__all__ = [
    "CAPABILITIES",
    "NAME",
    "authorizing",
    "authorizing_options",
    "changes_in_place",
    "checkout_options",
    "create_plan",
    "customer_of",
    "debit",
    "debited",
    "end_mandate",
    "event_id",
    "fetch",
    "fetch_mandate",
    "fetch_order",
    "fetch_payment",
    "fetch_subscription",
    "find_checkout",
    "is_configured",
    "is_payable",
    "list_disputes",
    "list_payments",
    "list_plans",
    "list_refunds",
    "observe",
    "open_checkout",
    "open_order",
    "order_options",
    "portal_url",
    "proration",
    "send",
    "verify",
    "verify_checkout",
    "verify_order",
]


def observe(event_id: str, body: bytes) -> Event:
    """The event in our words. Raises ValueError if it cannot be read."""
    return event_of(event_id, body)


async def fetch(what: Fetch) -> Observation:
    """A subscription, an order, or what a payment pays, as it is now."""
    if what.kind == "order":
        return await fetch_order(what.ref)
    if what.kind == "payment":
        return await fetch_paid(what.ref)
    return await fetch_subscription(
        what.ref,
        with_payments=what.with_payments,
        closed_invoices=what.closed_invoices,
        payments_with_pending_refund=what.payments_with_pending_refund,
        with_mandate=what.with_mandate,
        at=what.at,
    )


async def send(operation: Operation) -> Observation:
    """Makes an operation. Raises NotChangeable."""
    match operation:
        case Cancel(ref, at_period_end):
            return await cancel(ref, at_period_end=at_period_end)
        case RefundPayment(payment_ref, amount, _, operation_id):
            return await refund(payment_ref, amount, operation_id=operation_id)
        case ChangePlan(ref, plan_ref):
            return await change_plan(ref, plan_ref)
        case Pause(ref):
            return await pause(ref)
        case Resume(ref):
            return await resume(ref)
