"""Subscribing: choose a plan, get a page to pay it on, and prove that it was paid."""

import asyncio
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oneai import alerts, log
from oneai.billing import processing, provider
from oneai.billing.facts import Currency, Observation, Period
from oneai.billing.provider_operations import in_words
from oneai.billing.subscriptions import prices
from oneai.billing.subscriptions.checkout import PROVIDER_SECONDS, OpenedSubscription, Wish, opened
from oneai.billing.subscriptions.current import CurrentSubscription, Live, current, live
from oneai.billing.subscriptions.prices import Price
from oneai.errors import (
    AlreadySubscribed,
    Busy,
    InvalidSignature,
    NotFound,
    OneAIError,
    PaymentProviderUnavailable,
)
from oneai.field_errors import invalid
from oneai.plans.catalog import PLANS
from oneai.postgres import db
from oneai.postgres.db import Person

# Something else of the person's changed between looking and locking: look again so often.
TRIES = 3

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]


class NewSubscription(BaseModel):
    """The body of `POST /api/subscription/create`. Rupees are for everybody, dollars for people outside India."""

    model_config = ConfigDict(extra="forbid", strict=True)

    plan_id: Name = Field(description="The plan, as `GET /subscription/plans` names it.")
    period: Period = Field(default="monthly", description="How often it is charged.")
    currency: Currency = Field(
        default="INR", description="`USD` is for people whose billing details are outside India."
    )
    offer_id: Name | None = Field(default=None, description="One of the operator's offers.")


class CheckoutProof(BaseModel):
    """The body of `POST /api/subscription/verify`: what the provider's checkout hands over when it is done."""

    model_config = ConfigDict(extra="forbid", strict=True)

    razorpay_payment_id: Name = Field(description="As Razorpay's checkout hands it over.")
    razorpay_subscription_id: Name = Field(description="As Razorpay's checkout hands it over.")
    razorpay_signature: Name = Field(description="As Razorpay's checkout hands it over.")


async def create(person: Person, new: NewSubscription) -> tuple[OpenedSubscription, bool]:
    """A subscription to be paid, and whether it is new: an open one of the same terms is given again, any other one is
    withdrawn. One for another plan takes the place of the live one once it is paid.

    Raises InvalidRequest naming the field, ContactSales, AlreadySubscribed, and whatever `opened` does.
    """
    price = prices.price(new.plan_id, new.period, new.currency)
    if new.offer_id is not None and new.offer_id not in prices.offers():
        raise invalid("offer_id", "unknown_offer", "There is no such offer.")
    for _ in range(TRIES):
        having = await live(person)
        wish = Wish(price, new.offer_id) if having is None else _instead_of(having, price, new.offer_id)
        if (found := await opened(person, wish)) is not None:
            return found
    raise Busy(retry_after=1)


def _instead_of(having: Live, price: Price, offer_id: str | None) -> Wish:
    """What a new subscription means for somebody who has one: paid at once, where the one they have is not paid yet and
    has no trial. Raises AlreadySubscribed."""
    same = (having.plan_id, having.period) == (price.tier, price.period)
    if having.trial_refused:
        return Wish(price, offer_id, having.id)
    if same and having.final:
        return Wish(price, offer_id, having.id, None if having.soon else having.good_until)
    if same and having.cancel_requested:
        raise AlreadySubscribed("You have this plan; take your cancellation back to keep it.")
    if same and having.status == "paused":
        raise AlreadySubscribed("You have this plan, and paused it; resume it.")
    if same and having.status != "unpaid":
        raise AlreadySubscribed
    if is_less(price, having):
        raise AlreadySubscribed("You have a larger plan; change to this one at the end of its period.")
    return Wish(price, offer_id, having.id)


def is_less(price: Price, having: Live) -> bool:
    """Whether `price` is a step down: a smaller plan, or months instead of years. Who lost theirs may take anything."""
    if having.status == "unpaid":
        return False
    tiers = list(PLANS)
    new, old = tiers.index(price.tier), tiers.index(having.plan_id) if having.plan_id in tiers else -1
    return new < old or (new == old and (having.period, price.period) == ("yearly", "monthly"))


async def verify(person: Person, proof: CheckoutProof) -> CurrentSubscription:
    """Applies what was paid without waiting for the webhook. Raises NotFound for a subscription that is not theirs,
    InvalidSignature, PaymentProviderUnavailable."""
    ref = await _theirs(person, proof.razorpay_subscription_id)
    if not provider.checkout_signed(proof.razorpay_payment_id, ref, proof.razorpay_signature):
        raise InvalidSignature
    await processing.observe(await _seen(ref, proof.razorpay_payment_id), found_by="verify")
    return await current(person)


async def _seen(ref: str, payment_ref: str) -> Observation:
    """The subscription and what was paid for it. Raises PaymentProviderUnavailable."""
    try:
        async with asyncio.timeout(PROVIDER_SECONDS):
            return await _with(payment_ref, await provider.look(ref, deep=True), ref)
    except TimeoutError as error:
        raise PaymentProviderUnavailable(retry_after=5) from error
    except provider.ProviderError as error:
        log.warning("the payment provider refused to show what was paid", error=str(error))
        subject = provider.PROVIDER if error.status == 401 else ref
        await alerts.raise_alert_throttled("provider_refused", subject, error=in_words(error))
        raise PaymentProviderUnavailable(retry_after=60) from error
    except OneAIError:
        raise
    except Exception as error:
        log.exception("the provider's answer could not be understood", about=ref)
        await alerts.raise_alert_throttled("provider_refused", ref, error=in_words(error))
        raise PaymentProviderUnavailable(retry_after=60) from error


async def _with(payment_ref: str, seen: Observation, ref: str) -> Observation:
    """What was seen of a subscription, and the payment that is proven to be for it: where that begins a trial, nothing
    but the proof says so, or with which card."""
    if any(each.ref == payment_ref for each in seen.payments):
        return seen
    proven = await provider.look_payment(payment_ref, ref)
    return replace(seen, payments=seen.payments + proven.payments, instruments=proven.instruments)


async def _theirs(person: Person, ref: str) -> str:
    """The provider's id as we stored it."""
    found = await db.read_as(
        person,
        """
        select provider_subscription_id as ref from oneai.subscriptions
        where user_id = %s and payment_provider = %s and provider_subscription_id = %s
        """,
        [person.user_id, provider.PROVIDER, ref],
        _Ref,
    )
    if not found:
        raise NotFound
    return found[0].ref


class _Ref(BaseModel):
    ref: str
