"""Confirming a checkout when its payer returns, so that the payment counts before the provider's webhook arrives.

Razorpay's script returns a signed result. Stripe's and Midtrans' pages send their payer back with an address that
proves nothing: it names our id, and what was paid is read from the provider.
"""

from dataclasses import replace
from typing import Annotated, LiteralString
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai.billing import credit_debits, processing
from oneai.billing.facts import Observation, SyncRequest
from oneai.billing.provider_requests import count_request
from oneai.billing.providers import razorpay
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import Fetch
from oneai.billing.subscriptions.checkout import PROVIDER_SECONDS
from oneai.billing.subscriptions.current import CurrentSubscription, current_subscription
from oneai.billing_errors import InvalidSignature
from oneai.errors import NotFound
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Principal

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]


class CheckoutConfirmation(BaseModel):
    """The body of `POST /api/subscription/verify`: the result of Razorpay's checkout, or `checkout_id` after another
    provider's page."""

    model_config = ConfigDict(extra="forbid", strict=True)

    razorpay_payment_id: Name | None = Field(
        default=None, description="From Razorpay's checkout; absent with `checkout_id`."
    )
    razorpay_subscription_id: Name | None = Field(
        default=None, description="From Razorpay's checkout of a subscription; absent for an order."
    )
    razorpay_order_id: Name | None = Field(
        default=None, description="From Razorpay's checkout of an order, such as for added seats."
    )
    razorpay_signature: Name | None = Field(
        default=None, description="From Razorpay's checkout; absent with `checkout_id`."
    )
    checkout_id: UUID | None = Field(
        default=None,
        strict=False,
        description="`id` in the address that Stripe's or Midtrans' page sends its payer back to: our id of the "
        "subscription, or of the order of seats, of credits or of an offer.",
    )


async def confirm_checkout(principal: Principal, confirmation: CheckoutConfirmation) -> CurrentSubscription:
    """Ingests the payment without waiting for the webhook.

    Raises NotFound for another workspace's subscription or order, InvalidRequest unless one of them is named,
    InvalidSignature, RateLimited, PaymentProviderUnavailable. With `checkout_id` a provider that does not answer is no
    error: the job asks it again.
    """
    signed = [confirmation.razorpay_payment_id, confirmation.razorpay_signature]
    named = [confirmation.razorpay_subscription_id, confirmation.razorpay_order_id]
    if confirmation.checkout_id is not None:
        if any(signed + named):
            raise invalid("checkout_id", "not_a_choice", "Name either the checkout or Razorpay's result.")
        await _read_checkout(principal, confirmation.checkout_id)
        return await current_subscription(principal)
    payment_ref, signature = signed
    if payment_ref is None or signature is None:
        missing = "razorpay_payment_id" if payment_ref is None else "razorpay_signature"
        raise invalid(missing, "required", "This is in the result of Razorpay's checkout.")
    if named.count(None) != 1:
        raise invalid("razorpay_subscription_id", "required", "Name either the subscription or the order.")
    if confirmation.razorpay_order_id is not None:
        await _confirm_order(principal, payment_ref, confirmation.razorpay_order_id, signature)
    else:
        await _confirm_subscription(principal, payment_ref, confirmation.razorpay_subscription_id or "", signature)
    return await current_subscription(principal)


async def _read_checkout(principal: Principal, checkout_id: UUID) -> None:
    """Asks the provider for the result of a checkout, unless its payment is known."""
    (found,) = await db.call(
        "select oneai.find_checkout(%s, %s)", [principal.workspace_id, checkout_id], idempotent=True
    )
    if found is None:
        raise NotFound
    if found["ref"] is None or found["known"]:
        return
    await count_request(principal.workspace_id)
    request = SyncRequest(found["payment_provider"], found["ref"], with_payments=True, is_order=found["is_order"])
    await processing.sync(request, source="verify", seconds=PROVIDER_SECONDS)


async def _confirm_subscription(principal: Principal, payment_ref: str, named: str, signature: str) -> None:
    ref = await _own_ref(principal, _SUBSCRIPTION, named)
    if not razorpay.verify_checkout(payment_ref, ref, signature):
        raise InvalidSignature
    await count_request(principal.workspace_id)
    await processing.ingest(await _fetch(ref, payment_ref), source="verify")


async def _confirm_order(principal: Principal, payment_ref: str, named: str, signature: str) -> None:
    ref = await _own_ref(principal, _ORDER, named)
    if not razorpay.verify_order(payment_ref, ref, signature):
        raise InvalidSignature
    await count_request(principal.workspace_id)
    async with translate_errors(razorpay.NAME, ref, seconds=PROVIDER_SECONDS):
        observation = await razorpay.fetch(Fetch(ref, "order"))
    await processing.ingest(observation, source="verify")
    # If the provider does not show the mandate now, the job reads it later.
    await credit_debits.read_mandates(principal.workspace_id)


async def _fetch(ref: str, payment_ref: str) -> Observation:
    """Fetches the subscription and its payments. Raises PaymentProviderUnavailable."""
    async with translate_errors(razorpay.NAME, ref, seconds=PROVIDER_SECONDS):
        return await _add_payment(payment_ref, await razorpay.fetch(Fetch(ref, with_payments=True)), ref)


async def _add_payment(payment_ref: str, observation: Observation, ref: str) -> Observation:
    """Adds the confirmed payment to the observation. For a trial, only the confirmation links the payment to the
    subscription, and only the payment shows the card."""
    if any(each.ref == payment_ref for each in observation.payments):
        return observation
    payment = await razorpay.fetch_payment(payment_ref, ref)
    return replace(observation, payments=observation.payments + payment.payments, instruments=payment.instruments)


_SUBSCRIPTION: LiteralString = """
    select provider_subscription_id as ref from oneai.subscriptions
    where workspace_id = %s and payment_provider = %s and provider_subscription_id = %s
    """
_ORDER: LiteralString = """
    select provider_order_id as ref from oneai.orders
    where workspace_id = %s and payment_provider = %s and provider_order_id = %s
    """


async def _own_ref(principal: Principal, query: LiteralString, ref: str) -> str:
    """The stored provider id, if the subscription or the order is the workspace's."""
    rows = await db.read_as(
        principal,
        query,
        [principal.workspace_id, razorpay.NAME, ref],
        _Ref,
    )
    if not rows:
        raise NotFound
    return rows[0].ref


class _Ref(BaseModel):
    ref: str
