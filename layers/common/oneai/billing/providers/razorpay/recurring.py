"""Debits without a subscription at Razorpay, by a token that a first payment authorizes.

https://razorpay.com/docs/api/payments/recurring-payments/. A debit has no idempotency key, and an order can be debited
again until it is paid: callers send one debit for each order.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from oneai.billing.providers.face import Debit, DebitRefused, Mandate
from oneai.billing.providers.razorpay import entities as parse
from oneai.billing.providers.razorpay.capabilities import CAPABILITIES
from oneai.billing.providers.razorpay.fetch import read_payment
from oneai.billing.providers.razorpay.requests import order_options
from oneai.billing_errors import ProviderError
from oneai.clients import razorpay

# The largest debit of a mandate in paise, above which each one needs a confirmation, and in cents.
_LARGEST_DEBIT = {"INR": 15_000_00, "USD": 10_000_00}
# When a mandate ends at the latest: 2099-12-31. Cards end earlier by themselves.
_MANDATE_ENDS = 4_102_358_400


async def customer_of(workspace_id: UUID, email: str) -> str:
    """The customer with this address, created if there is none; its ref."""
    body = {"email": email, "fail_existing": "0", "notes": {parse.NOTE_USER: str(workspace_id)}}
    return str((await razorpay.post("/customers", body))["id"])


def authorizing(customer_ref: str, currency: str) -> dict[str, Any]:
    """What makes an order's payment authorize later debits."""
    token = {"max_amount": _LARGEST_DEBIT[currency], "expire_at": _MANDATE_ENDS, "frequency": "as_presented"}
    return {"customer_id": customer_ref, "token": token}


def debited(customer_ref: str, token_ref: str, charge_at: datetime, currency: str) -> dict[str, Any]:  # noqa: ARG001  as the face
    """The terms of an order in rupees that is debited from `charge_at` on. Razorpay notifies the payer of it."""
    if currency not in CAPABILITIES.debit_notice:
        return {}
    return {
        "payment_capture": True,
        "notification": {"token_id": token_ref, "payment_after": int(charge_at.timestamp())},
    }


def authorizing_options(ref: str, customer_ref: str) -> dict[str, Any]:
    """The options of the provider's checkout in the browser for an order whose payment authorizes debits."""
    return {**order_options(ref), "customer_id": customer_ref, "recurring": True}


async def fetch_mandate(payment_ref: str) -> Mandate:
    """What a payment authorized."""
    entity = await read_payment(payment_ref)
    customer, token = parse.word(entity.get("customer_id")), parse.word(entity.get("token_id"))
    email, contact = parse.word(entity.get("email")) or "", parse.word(entity.get("contact")) or ""
    return Mandate(customer, token, email, contact)


async def debit(debit: Debit) -> None:
    """Debits an order. Raises as the face says."""
    body = {
        "email": debit.mandate.email,
        "contact": debit.mandate.contact,
        "amount": debit.amount,
        "currency": debit.currency,
        "order_id": debit.order_ref,
        "customer_id": debit.mandate.customer_ref,
        "token": debit.mandate.token_ref,
        "recurring": True,
        "description": debit.description,
        "notes": {parse.NOTE_ORDER: debit.description, parse.NOTE_USER: str(debit.workspace_id)},
    }
    try:
        await razorpay.post("/payments/create/recurring", body)
    except ProviderError as error:
        if error.status != 400:
            raise
        raise DebitRefused("declined") from error


async def end_mandate(customer_ref: str, token_ref: str) -> None:
    """Deletes a token, by which nothing can be debited any more; also if it is gone already. Raises ProviderError and
    PaymentProviderUnavailable."""
    try:
        await razorpay.delete(f"/customers/{customer_ref}/tokens/{token_ref}")
    except ProviderError as error:
        if error.status not in (400, 404):
            raise
