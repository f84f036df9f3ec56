"""Debits without a payer at Stripe: a payment intent for each order, confirmed by a stored payment method.

A payment intent is created when its order is opened, and confirmed when the order is debited. It succeeds at most once,
however often it is confirmed, so that a debit whose answer was lost can be sent again.
https://docs.stripe.com/payments/save-and-reuse
"""

from urllib.parse import quote

from oneai.billing.facts import Order
from oneai.billing.providers.face import Debit, DebitRefusal, DebitRefused, Mandate, OrderCheckout
from oneai.billing.providers.stripe import checkouts
from oneai.billing.providers.stripe import values as read
from oneai.billing.providers.stripe.reading import pages
from oneai.clients import stripe
from oneai.clients.stripe import StripeError

# The bank wants the payer to confirm the debit, on its page or with a code from its app.
_ASKS_PAYER = ("authentication_required", "payment_intent_action_required")
# The mandate was cancelled at the payer's bank (India), or its payment method was removed from the customer.
_ENDED = ("india_recurring_payment_mandate_canceled", "payment_intent_mandate_invalid")
# A payment intent that waits for its first attempt, or for another one.
_WAITS = ("requires_payment_method", "requires_confirmation", "requires_action")


async def open_debited(checkout: OrderCheckout) -> Order:
    """Creates the payment intent of an order, which is tried when the order is debited.

    For the same order within a day, Stripe returns the same one.
    """
    named = {read.ORDER: checkout.description, read.WORKSPACE: checkout.workspace_id, read.DEBIT: checkout.order_id}
    intent = await stripe.post(
        "/payment_intents",
        {
            "amount": read.stripe_amount(checkout.amount, checkout.currency),
            "currency": checkout.currency.lower(),
            "customer": checkout.terms[read.DEBIT],
            "description": checkout.description,
            "metadata": named,
        },
        idempotency_key=f"order:{checkout.order_id}",
    )
    order = checkouts.order(intent)
    if order is None:
        raise ValueError("a payment without what it was asked for")
    return order


async def fetch_mandate(payment_ref: str) -> Mandate:
    """What a payment authorized, as it is now. Nothing, if its payment method was not stored or was removed since."""
    intent = await stripe.get(_path(payment_ref), {"expand": ["payment_method"]})
    customer, method = read.word(intent.get("customer")), read.inner(intent, "payment_method")
    kept = intent.get("setup_future_usage") == "off_session" and intent.get("status") == "succeeded"
    if not kept or customer is None or read.word(method.get("customer")) != customer:
        return Mandate(customer, None)
    return Mandate(customer, read.required(method, "id"))


async def debit(debit: Debit) -> None:
    """Confirms the payment intent of an order without its payer, unless it was tried before."""
    intent = await stripe.get(_path(debit.order_ref))
    tried = read.inner(intent, "last_payment_error")
    if tried:
        raise DebitRefused(_why(read.word(tried.get("code")), None))
    if intent.get("status") not in _WAITS:
        return
    try:
        answer = await stripe.post(
            f"{_path(debit.order_ref)}/confirm",
            {"payment_method": debit.mandate.token_ref, "off_session": True},
            idempotency_key=f"debit:{debit.operation_id}",
        )
    except StripeError as error:
        if error.code == "payment_intent_unexpected_state":
            return  # another request has confirmed it: its payments show what became of it
        if error.status in (400, 404):
            raise DebitRefused(_why(error.code, error.field)) from error
        raise
    if answer.get("status") == "requires_action":
        raise DebitRefused("confirmation_required")


async def end_mandate(customer_ref: str, token_ref: str) -> None:
    """Detaches a payment method, so that nothing can be debited by it, unless a subscription is debited by the same
    one. Does nothing if it was removed before."""
    async for each in pages("/subscriptions", customer=customer_ref):
        if each.get("default_payment_method") == token_ref:
            return
    try:
        method = quote(token_ref, safe="")
        await stripe.post(f"/payment_methods/{method}/detach", {}, idempotency_key=f"detach:{token_ref}")
    except StripeError as error:
        if error.status not in (400, 404):
            raise


def _why(code: str | None, field: str | None) -> DebitRefusal:
    """Why a debit was refused."""
    if code in _ASKS_PAYER:
        return "confirmation_required"
    return "not_authorized" if code in _ENDED or field == "payment_method" else "declined"


def _path(ref: str) -> str:
    return f"/payment_intents/{quote(ref, safe='')}"
