"""Subscribing: choose a plan, and get a checkout."""

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oneai.billing.facts import Currency, Period
from oneai.billing.projection.policy import tier_rank
from oneai.billing.providers import choice
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.subscriptions import prices
from oneai.billing.subscriptions.checkout import CheckoutRequest, CheckoutSession, open_checkout
from oneai.billing.subscriptions.current import ManageableSubscription, manageable
from oneai.billing.subscriptions.next_period import is_next_period, open_next_period
from oneai.billing.subscriptions.prices import Price
from oneai.billing_errors import AlreadySubscribed
from oneai.errors import Busy
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
