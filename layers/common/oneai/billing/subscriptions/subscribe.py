"""Subscribing: choose a plan, get a checkout, and confirm its payment."""

from dataclasses import replace
from typing import Annotated, LiteralString

from pydantic import BaseModel, ConfigDict, Field

from oneai.billing import credit_debits, processing
from oneai.billing.facts import Currency, Observation, Period
from oneai.billing.projection.policy import tier_rank
from oneai.billing.providers import choice, razorpay
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import Fetch
from oneai.billing.subscriptions import prices
from oneai.billing.subscriptions.checkout import PROVIDER_SECONDS, CheckoutRequest, CheckoutSession, open_checkout
from oneai.billing.subscriptions.current import (
    CurrentSubscription,
    ManageableSubscription,
    current_subscription,
    manageable,
)
from oneai.billing.subscriptions.next_period import is_next_period, open_next_period
from oneai.billing.subscriptions.prices import Price
from oneai.billing_errors import AlreadySubscribed, InvalidSignature
from oneai.errors import Busy, NotFound
from oneai.field_errors import invalid
from oneai.plans.limits_and_prices import MAX_SEATS, MIN_SEATS, PLANS
from oneai.postgres import db
from oneai.postgres.db import Principal

# The subscription or the price may change between the read and the lock; both are read again up to this many times.
ATTEMPTS = 3

Seats = Annotated[int, Field(ge=MIN_SEATS, le=MAX_SEATS)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]


class NewSubscription(BaseModel):
    """The body of `POST /api/subscription/create`. Rupees are for everyone, dollars for customers outside India, rupiah
    for those in Indonesia."""

    model_config = ConfigDict(extra="forbid", strict=True)

    plan_id: Name = Field(description="The plan, an id from `GET /subscription/plans`.")
    period: Period = Field(default="monthly", description="The billing period.")
    currency: Currency = Field(default="INR", description="`USD` requires billing details outside India.")
    offer_id: Name | None = Field(default=None, description="One of the operator's offers.")
    seats: Seats | None = Field(default=None, description="The seats of `team`; absent for other plans.")
    payment_provider: Name | None = Field(
        default=None,
        description="Who takes the payments: one that the operator has for your country and this currency. Absent: the "
        "first of them.",
    )


class CheckoutConfirmation(BaseModel):
    """The body of `POST /api/subscription/verify`: the result of the provider's checkout."""

    model_config = ConfigDict(extra="forbid", strict=True)

    razorpay_payment_id: Name = Field(description="From Razorpay's checkout.")
    razorpay_subscription_id: Name | None = Field(
        default=None, description="From Razorpay's checkout of a subscription; absent for an order."
    )
    razorpay_order_id: Name | None = Field(
        default=None, description="From Razorpay's checkout of an order, such as for added seats."
    )
    razorpay_signature: Name = Field(description="From Razorpay's checkout.")


async def create_checkout(principal: Principal, new: NewSubscription) -> tuple[CheckoutSession, bool]:
    """Returns a checkout, and whether it is new. An open one with the same terms is returned again; any other is
    cancelled. A checkout for another plan replaces the manageable subscription once it is paid.

    Raises InvalidRequest with the field's name, ContactSales, AlreadySubscribed, and everything that `open_checkout`
    raises.
    """
    for _ in range(ATTEMPTS):
        payment_provider = await _payment_provider(principal, new)
        price = await prices.price(payment_provider, new.plan_id, new.period, new.currency)
        if new.offer_id is not None and new.offer_id not in prices.offers():
            raise invalid("offer_id", "unknown_offer", "There is no such offer.")
        require_seats(price, new.seats, new.offer_id)
        subscription = await manageable(principal)
        if subscription is not None and is_next_period(subscription, price):
            return await open_next_period(principal, subscription, price, new.seats)
        request = (
            CheckoutRequest(price, price.payment_provider, new.offer_id, new.seats)
            if subscription is None
            else _replacing(subscription, price, new)
        )
        if (session := await open_checkout(principal, request)) is not None:
            return session
    raise Busy(retry_after=1)


async def _payment_provider(principal: Principal, new: NewSubscription) -> str:
    """Who takes the payments. Raises InvalidRequest if the operator has another provider for the workspace's country
    and this currency, or none."""
    (country,) = await db.call("select oneai.billing_country(%s)", [principal.workspace_id], idempotent=True)
    allowed = await choice.chosen(country, new.currency)
    if not allowed:
        raise invalid("currency", "not_sold", "This plan is not sold in that currency.")
    if new.payment_provider is None or new.payment_provider in allowed:
        return new.payment_provider or allowed[0]
    names = " or ".join(capabilities_of(each).name for each in allowed)
    raise invalid("payment_provider", "not_a_choice", f"In this currency and your country, {names} takes the payments.")


def require_seats(price: Price, seats: int | None, offer_id: str | None = None) -> None:
    """Raises InvalidRequest unless seats are named for a plan that is sold by the seat, and only for one. An offer
    would leave open how many seats its charge paid for."""
    if not PLANS[price.tier].per_seat:
        if seats is not None:
            raise invalid("seats", "not_sold", "This plan is not sold by the seat.")
        return
    if seats is None:
        raise invalid("seats", "required", f"Choose how many seats, from {MIN_SEATS} to {MAX_SEATS}.")
    if offer_id is not None:
        raise invalid("offer_id", "not_sold", "This offer is not valid for this plan.")


def _replacing(subscription: ManageableSubscription, price: Price, new: NewSubscription) -> CheckoutRequest:
    """The request of a user who has a subscription: paid immediately if that subscription is unpaid and has no trial.
    Another provider or currency begins at the end of the paid period. Raises AlreadySubscribed."""
    same = (subscription.plan_id, subscription.period) == (price.tier, price.period)
    at_once = CheckoutRequest(price, price.payment_provider, new.offer_id, new.seats, subscription.id)
    if (subscription.payment_provider, subscription.currency) != (price.payment_provider, price.currency):
        return replace(at_once, start_at=None if subscription.ends_within_the_hour else subscription.paid_through)
    if subscription.trial_refused:
        return at_once
    if same and (subscription.cancellation_final or subscription.holder_gone):
        starts = None if subscription.ends_within_the_hour else subscription.paid_through
        return replace(at_once, start_at=starts)
    if same and subscription.cancel_requested:
        raise AlreadySubscribed("You have this plan. Undo your cancellation to keep it.")
    if same and subscription.status == "paused":
        raise AlreadySubscribed("You have this plan, but it is paused. Resume it.")
    if same and subscription.status != "unpaid":
        raise AlreadySubscribed
    if is_downgrade(price, subscription):
        raise AlreadySubscribed("You have a larger plan. Change to this one at the end of its period.")
    return at_once


def is_downgrade(price: Price, subscription: ManageableSubscription) -> bool:
    """Whether `price` is a smaller plan, or monthly instead of yearly; never after an unpaid subscription."""
    if subscription.status == "unpaid":
        return False
    new, old = tier_rank(price.tier), tier_rank(subscription.plan_id) if subscription.plan_id in PLANS else -1
    return new < old or (new == old and (subscription.period, price.period) == ("yearly", "monthly"))


async def confirm_checkout(principal: Principal, confirmation: CheckoutConfirmation) -> CurrentSubscription:
    """Ingests the payment without waiting for the webhook. Raises NotFound for another workspace's subscription or
    order, InvalidRequest unless one of them is named, InvalidSignature, PaymentProviderUnavailable."""
    named = (confirmation.razorpay_subscription_id, confirmation.razorpay_order_id)
    if named.count(None) != 1:
        raise invalid("razorpay_subscription_id", "required", "Name either the subscription or the order.")
    if confirmation.razorpay_order_id is not None:
        await _confirm_order(principal, confirmation, confirmation.razorpay_order_id)
        return await current_subscription(principal)
    ref = await _own_ref(principal, _SUBSCRIPTION, confirmation.razorpay_subscription_id or "")
    if not razorpay.verify_checkout(confirmation.razorpay_payment_id, ref, confirmation.razorpay_signature):
        raise InvalidSignature
    await processing.ingest(await _fetch(ref, confirmation.razorpay_payment_id), source="verify")
    return await current_subscription(principal)


async def _confirm_order(principal: Principal, confirmation: CheckoutConfirmation, order: str) -> None:
    ref = await _own_ref(principal, _ORDER, order)
    if not razorpay.verify_order(confirmation.razorpay_payment_id, ref, confirmation.razorpay_signature):
        raise InvalidSignature
    async with translate_errors(razorpay.NAME, ref, seconds=PROVIDER_SECONDS):
        observation = await razorpay.fetch(Fetch(ref, "order"))
    await processing.ingest(observation, source="verify")
    # The job reads a mandate that the provider does not show now.
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
